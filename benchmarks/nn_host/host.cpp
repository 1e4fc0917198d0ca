// Plays a TorchScript file as an nn~ host does, with libtorch alone. See README.md.
//
//   host FILE                                   what the file offers, and whether it keeps the contract
//   host FILE run METHOD BLOCK BLOCKS           milliseconds a block (one thread)
//   host FILE compare METHOD BLOCK IN OUT       raw float32 files: difference from a recorded output
//   host FILE operators                         every operator that the file calls, with its schema in this libtorch

#include <ATen/Parallel.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/script.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

using torch::jit::script::Module;

struct Shape {
  int64_t in_channels, in_ratio, out_channels, out_ratio;
};

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "host: " << what << std::endl;
  std::exit(1);
}

std::vector<std::string> names(Module& model, const std::string& method) {
  std::vector<std::string> found;
  for (const auto& value : model.get_method(method)({}).toListRef()) found.push_back(value.toStringRef());
  return found;
}

Shape shape_of(Module& model, const std::string& method) {
  auto numbers = model.attr(method + "_params").toTensor();
  if (numbers.numel() != 4) fail(method + "_params must hold four numbers");
  auto at = [&](int64_t i) { return numbers[i].item<int64_t>(); };
  return {at(0), at(1), at(2), at(3)};
}

int64_t largest_ratio(Module& model) {
  int64_t most = 1;
  for (const auto& method : names(model, "get_methods")) {
    auto shape = shape_of(model, method);
    most = std::max({most, shape.in_ratio, shape.out_ratio});
  }
  return most;
}

// What an nn~ object does with a block of signals (batch, channels, samples) at audio rate: the last sample of every
// frame goes in, every frame of the result is held.
torch::Tensor play(Module& model, const std::string& method, const Shape& shape, const torch::Tensor& signals) {
  auto given = signals.reshape({signals.size(0), shape.in_channels, -1, shape.in_ratio}).select(-1, -1);
  auto result = model.get_method(method)({given}).toTensor();
  auto wanted = signals.size(2) / shape.out_ratio;
  if (result.dim() != 3 || result.size(0) != signals.size(0) || result.size(1) != shape.out_channels ||
      result.size(2) != wanted)
    fail(method + " gave another shape than it promised");
  return result.repeat_interleave(shape.out_ratio, 2);
}

void check_attribute(Module& model, const std::string& name) {
  auto code = model.attr(name + "_params").toTensor()[0].item<int64_t>();
  auto value = model.get_method("get_" + name)({});
  bool fits = (code == 0 && value.isBool()) || (code == 1 && value.isInt()) || (code == 2 && value.isDouble());
  if (!fits) fail("get_" + name + " does not answer what " + name + "_params says");
  auto answer = model.get_method("set_" + name)({value});
  if (!answer.isInt()) fail("set_" + name + " must answer a number, 0 where it took the value");
  std::cout << "  attribute " << name << " = " << value << (answer.toInt() == 0 ? "" : " (read only)") << "\n";
}

void check_method(Module& model, const std::string& name, int64_t samples) {
  auto shape = shape_of(model, name);
  for (const auto& end : {"input", "output"}) {
    auto labels = model.attr(name + "_" + end + "_labels").toListRef();
    if (static_cast<int64_t>(labels.size()) != (std::string(end) == "input" ? shape.in_channels : shape.out_channels))
      fail(name + " has not one label for each " + end);
  }
  for (int64_t batch : {1, 4, 1}) {
    auto result = play(model, name, shape, 0.1 * torch::randn({batch, shape.in_channels, samples}));
    if (!result.isfinite().all().item<bool>()) fail(name + " gave numbers that are not finite");
  }
  std::cout << "  method " << name << ": " << shape.in_channels << " x 1/" << shape.in_ratio << " -> "
            << shape.out_channels << " x 1/" << shape.out_ratio << "\n";
}

void check_refusal(Module& model, int64_t ratio) {
  auto shape = shape_of(model, "forward");
  if (ratio == 1) return;
  try {
    model.get_method("forward")({torch::zeros({1, shape.in_channels, ratio + 1})});
  } catch (const std::exception& error) {
    std::string text = error.what(), mark = "ValueError: ";
    auto start = text.rfind(mark);
    std::cout << "  refuses " << ratio + 1 << " samples: "
              << (start == std::string::npos ? text : text.substr(start + mark.size())) << "\n";
    return;
  }
  fail("forward took a block that is no whole number of frames");
}

void check(Module& model) {
  auto ratio = largest_ratio(model);
  for (const auto& method : names(model, "get_methods")) check_method(model, method, 8192 / ratio * ratio + ratio);
  for (const auto& attribute : names(model, "get_attributes")) check_attribute(model, attribute);
  model.get_method("set_sample_rate")({int64_t(48000)});
  std::cout << "  made for " << model.get_method("get_sample_rate")({}).toInt() << " samples a second\n";
  check_refusal(model, ratio);
}

void time_blocks(Module& model, const std::string& method, int64_t block, int64_t count) {
  auto shape = shape_of(model, method);
  auto signals = 0.1 * torch::randn({1, shape.in_channels, block});
  for (int warm = 0; warm < 20; ++warm) play(model, method, shape, signals);
  std::vector<double> times;
  for (int64_t i = 0; i < count; ++i) {
    auto start = std::chrono::steady_clock::now();
    play(model, method, shape, signals);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  double rate = model.get_method("get_sample_rate")({}).toInt(), median = times[times.size() / 2];
  std::cout << method << " of " << block << ": median " << median << " ms, p99 " << times[times.size() * 99 / 100]
            << " ms, " << 1000 * block / rate / median << " x real time\n";
}

torch::Tensor read(const std::string& path, int64_t channels) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) fail("cannot read " + path);
  auto count = static_cast<int64_t>(file.tellg()) / static_cast<int64_t>(sizeof(float));
  auto numbers = torch::empty({count});
  file.seekg(0).read(reinterpret_cast<char*>(numbers.data_ptr<float>()), count * sizeof(float));
  return numbers.view({1, channels, -1});
}

void compare(Module& model, const std::string& method, int64_t block, const std::string& in, const std::string& out) {
  auto shape = shape_of(model, method);
  auto given = read(in, shape.in_channels), expected = read(out, shape.out_channels);
  std::vector<torch::Tensor> parts;
  auto step = block / shape.in_ratio;
  for (int64_t start = 0; start < given.size(2); start += step)
    parts.push_back(model.get_method(method)({given.slice(2, start, start + step)}).toTensor());
  auto loudest = expected.abs().max().item<double>();
  auto difference = (torch::cat(parts, 2) - expected).abs().max().item<double>() / loudest;
  std::cout << method << " in blocks of " << block << ": largest difference " << difference << " of the loudest, "
            << loudest << "\n";
  if (!(difference <= 1e-4)) fail("that is more than 1e-4");
}

void gather(const torch::jit::Block* block, std::set<std::string>& found) {
  for (const auto* node : block->nodes()) {
    if (const auto* schema = node->maybeSchema()) found.insert(c10::toString(*schema));
    else found.insert(node->kind().toQualString());
    for (const auto* inner : node->blocks()) gather(inner, found);
  }
}

void operators(const Module& model) {
  std::set<std::string> found;
  for (const auto& module : model.modules())
    for (const auto& method : module.get_methods()) {
      auto graph = method.graph()->copy();
      torch::jit::Inline(*graph);
      gather(graph->block(), found);
    }
  for (const auto& name : found) std::cout << name << "\n";
}

int main(int argc, char** argv) try {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) fail("give a TorchScript file");
  at::set_num_threads(1);
  c10::InferenceMode guard;
  auto model = torch::jit::load(words[0]);
  model.eval();
  auto what = words.size() > 1 ? words[1] : "check";
  if (what == "operators") return operators(model), 0;
  if (what == "check") {
    std::cout << words[0] << " in libtorch " << TORCH_VERSION << "\n";
    check(model);
  }
  else if (what == "run" && words.size() == 5) time_blocks(model, words[2], std::stoll(words[3]), std::stoll(words[4]));
  else if (what == "compare" && words.size() == 6) compare(model, words[2], std::stoll(words[3]), words[4], words[5]);
  else fail("I do not know what to do; see the head of host.cpp");
  return 0;
} catch (const c10::Error& error) {
  fail(error.what_without_backtrace());
} catch (const std::exception& error) {
  fail(error.what());
}
