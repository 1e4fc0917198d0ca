{
 "patcher": {
  "fileversion": 1,
  "appversion": {
   "major": 8,
   "minor": 6,
   "revision": 0,
   "architecture": "x64",
   "modernui": 1
  },
  "classnamespace": "box",
  "rect": [
   80.0,
   60.0,
   1000.0,
   880.0
  ],
  "gridsize": [
   15.0,
   15.0
  ],
  "boxes": [
   {
    "box": {
     "id": "obj-1",
     "patching_rect": [
      30.0,
      20.0,
      760.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "Tritone in nn~: put this patch beside model.ts, which `tritone export RUN --to nn --dims 4 --out model.ts` wrote",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-2",
     "patching_rect": [
      30.0,
      44.0,
      710.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "Turn audio on, at the rate that the model was trained at, and let the half that you do not hear rest",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-3",
     "patching_rect": [
      30.0,
      84.0,
      760.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "Through the model: sound in, sound out. The number behind the method is nn~'s buffer, numbers count once they are touched",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-4",
     "patching_rect": [
      30.0,
      120.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "adc~ 1",
     "numinlets": 1,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-5",
     "patching_rect": [
      30.0,
      300.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "nn~ model.ts forward 2048",
     "numinlets": 1,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-6",
     "patching_rect": [
      30.0,
      340.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "*~ 0.5",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-7",
     "patching_rect": [
      30.0,
      380.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "dac~ 1 2",
     "numinlets": 2,
     "numoutlets": 0,
     "outlettype": []
    }
   },
   {
    "box": {
     "id": "obj-8",
     "patching_rect": [
      130.0,
      120.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "enable 0",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-9",
     "patching_rect": [
      250.0,
      120.0,
      38.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "rest",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-10",
     "patching_rect": [
      130.0,
      150.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "enable 1",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-11",
     "patching_rect": [
      250.0,
      150.0,
      87.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "and play on",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-12",
     "patching_rect": [
      130.0,
      180.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "set reset 1",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-13",
     "patching_rect": [
      250.0,
      180.0,
      122.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "forget all sound",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-14",
     "patching_rect": [
      480.0,
      120.0,
      60.0,
      22.0
     ],
     "maxclass": "number",
     "numinlets": 1,
     "numoutlets": 2,
     "outlettype": [
      "",
      "bang"
     ]
    }
   },
   {
    "box": {
     "id": "obj-15",
     "patching_rect": [
      560.0,
      120.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "set dims $1",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-16",
     "patching_rect": [
      720.0,
      120.0,
      185.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "axes of the latent in use",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-17",
     "patching_rect": [
      480.0,
      150.0,
      60.0,
      22.0
     ],
     "maxclass": "flonum",
     "numinlets": 1,
     "numoutlets": 2,
     "outlettype": [
      "",
      "bang"
     ]
    }
   },
   {
    "box": {
     "id": "obj-18",
     "patching_rect": [
      560.0,
      150.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "set temperature $1",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-19",
     "patching_rect": [
      720.0,
      150.0,
      150.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "wander of the others",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-20",
     "patching_rect": [
      480.0,
      180.0,
      60.0,
      22.0
     ],
     "maxclass": "flonum",
     "numinlets": 1,
     "numoutlets": 2,
     "outlettype": [
      "",
      "bang"
     ]
    }
   },
   {
    "box": {
     "id": "obj-21",
     "patching_rect": [
      560.0,
      180.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "set noise $1",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-22",
     "patching_rect": [
      720.0,
      180.0,
      178.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "gain of the noise branch",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-23",
     "patching_rect": [
      480.0,
      210.0,
      60.0,
      22.0
     ],
     "maxclass": "number",
     "numinlets": 1,
     "numoutlets": 2,
     "outlettype": [
      "",
      "bang"
     ]
    }
   },
   {
    "box": {
     "id": "obj-24",
     "patching_rect": [
      560.0,
      210.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "set seed $1",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-25",
     "patching_rect": [
      720.0,
      210.0,
      220.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "what is random follows from it",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-26",
     "patching_rect": [
      30.0,
      412.0,
      451.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "Its latents by hand: encode, move each axis by a slider, decode",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-27",
     "patching_rect": [
      30.0,
      460.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "adc~ 1",
     "numinlets": 1,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-28",
     "patching_rect": [
      30.0,
      500.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "nn~ model.ts encode 2048",
     "numinlets": 1,
     "numoutlets": 4,
     "outlettype": [
      "signal",
      "signal",
      "signal",
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-29",
     "patching_rect": [
      30.0,
      690.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "nn~ model.ts decode 2048",
     "numinlets": 4,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-30",
     "patching_rect": [
      30.0,
      730.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "*~ 0.5",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-31",
     "patching_rect": [
      30.0,
      770.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "dac~ 1 2",
     "numinlets": 2,
     "numoutlets": 0,
     "outlettype": []
    }
   },
   {
    "box": {
     "id": "obj-32",
     "patching_rect": [
      30.0,
      650.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "+~ 0.",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-33",
     "patching_rect": [
      85.0,
      545.0,
      20.0,
      96.0
     ],
     "maxclass": "slider",
     "numinlets": 1,
     "numoutlets": 1,
     "outlettype": [
      ""
     ],
     "floatoutput": 1,
     "min": -3.0,
     "size": 6.0
    }
   },
   {
    "box": {
     "id": "obj-34",
     "patching_rect": [
      160.0,
      650.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "+~ 0.",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-35",
     "patching_rect": [
      215.0,
      545.0,
      20.0,
      96.0
     ],
     "maxclass": "slider",
     "numinlets": 1,
     "numoutlets": 1,
     "outlettype": [
      ""
     ],
     "floatoutput": 1,
     "min": -3.0,
     "size": 6.0
    }
   },
   {
    "box": {
     "id": "obj-36",
     "patching_rect": [
      290.0,
      650.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "+~ 0.",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-37",
     "patching_rect": [
      345.0,
      545.0,
      20.0,
      96.0
     ],
     "maxclass": "slider",
     "numinlets": 1,
     "numoutlets": 1,
     "outlettype": [
      ""
     ],
     "floatoutput": 1,
     "min": -3.0,
     "size": 6.0
    }
   },
   {
    "box": {
     "id": "obj-38",
     "patching_rect": [
      420.0,
      650.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "+~ 0.",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      "signal"
     ]
    }
   },
   {
    "box": {
     "id": "obj-39",
     "patching_rect": [
      475.0,
      545.0,
      20.0,
      96.0
     ],
     "maxclass": "slider",
     "numinlets": 1,
     "numoutlets": 1,
     "outlettype": [
      ""
     ],
     "floatoutput": 1,
     "min": -3.0,
     "size": 6.0
    }
   },
   {
    "box": {
     "id": "obj-40",
     "patching_rect": [
      580.0,
      500.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "enable 0",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-41",
     "patching_rect": [
      700.0,
      500.0,
      38.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "rest",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-42",
     "patching_rect": [
      580.0,
      530.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "enable 1",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-43",
     "patching_rect": [
      700.0,
      530.0,
      87.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "and play on",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-44",
     "patching_rect": [
      580.0,
      560.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "set reset 1",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-45",
     "patching_rect": [
      700.0,
      560.0,
      122.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "forget all sound",
     "numinlets": 1,
     "numoutlets": 0
    }
   },
   {
    "box": {
     "id": "obj-46",
     "patching_rect": [
      330.0,
      445.0,
      190.0,
      22.0
     ],
     "maxclass": "newobj",
     "text": "loadbang",
     "numinlets": 0,
     "numoutlets": 1,
     "outlettype": [
      "bang"
     ]
    }
   },
   {
    "box": {
     "id": "obj-47",
     "patching_rect": [
      330.0,
      475.0,
      110.0,
      22.0
     ],
     "maxclass": "message",
     "text": "0",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "obj-48",
     "patching_rect": [
      30.0,
      810.0,
      619.0,
      22.0
     ],
     "maxclass": "comment",
     "text": "Sliders go from -3 to 3: about the range of the training sound on an axis of variance 1",
     "numinlets": 1,
     "numoutlets": 0
    }
   }
  ],
  "lines": [
   {
    "patchline": {
     "source": [
      "obj-4",
      0
     ],
     "destination": [
      "obj-5",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-5",
      0
     ],
     "destination": [
      "obj-6",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-6",
      0
     ],
     "destination": [
      "obj-7",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-6",
      0
     ],
     "destination": [
      "obj-7",
      1
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-8",
      0
     ],
     "destination": [
      "obj-5",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-10",
      0
     ],
     "destination": [
      "obj-5",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-12",
      0
     ],
     "destination": [
      "obj-5",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-14",
      0
     ],
     "destination": [
      "obj-15",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-15",
      0
     ],
     "destination": [
      "obj-5",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-17",
      0
     ],
     "destination": [
      "obj-18",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-18",
      0
     ],
     "destination": [
      "obj-5",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-20",
      0
     ],
     "destination": [
      "obj-21",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-21",
      0
     ],
     "destination": [
      "obj-5",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-23",
      0
     ],
     "destination": [
      "obj-24",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-24",
      0
     ],
     "destination": [
      "obj-5",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-27",
      0
     ],
     "destination": [
      "obj-28",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-29",
      0
     ],
     "destination": [
      "obj-30",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-30",
      0
     ],
     "destination": [
      "obj-31",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-30",
      0
     ],
     "destination": [
      "obj-31",
      1
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-28",
      0
     ],
     "destination": [
      "obj-32",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-33",
      0
     ],
     "destination": [
      "obj-32",
      1
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-32",
      0
     ],
     "destination": [
      "obj-29",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-28",
      1
     ],
     "destination": [
      "obj-34",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-35",
      0
     ],
     "destination": [
      "obj-34",
      1
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-34",
      0
     ],
     "destination": [
      "obj-29",
      1
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-28",
      2
     ],
     "destination": [
      "obj-36",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-37",
      0
     ],
     "destination": [
      "obj-36",
      1
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-36",
      0
     ],
     "destination": [
      "obj-29",
      2
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-28",
      3
     ],
     "destination": [
      "obj-38",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-39",
      0
     ],
     "destination": [
      "obj-38",
      1
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-38",
      0
     ],
     "destination": [
      "obj-29",
      3
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-40",
      0
     ],
     "destination": [
      "obj-28",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-40",
      0
     ],
     "destination": [
      "obj-29",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-42",
      0
     ],
     "destination": [
      "obj-28",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-42",
      0
     ],
     "destination": [
      "obj-29",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-44",
      0
     ],
     "destination": [
      "obj-28",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-44",
      0
     ],
     "destination": [
      "obj-29",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-46",
      0
     ],
     "destination": [
      "obj-47",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-47",
      0
     ],
     "destination": [
      "obj-33",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-47",
      0
     ],
     "destination": [
      "obj-35",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-47",
      0
     ],
     "destination": [
      "obj-37",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-47",
      0
     ],
     "destination": [
      "obj-39",
      0
     ]
    }
   }
  ],
  "dependency_cache": [],
  "autosave": 0
 }
}
