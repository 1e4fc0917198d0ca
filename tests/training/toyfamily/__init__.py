"""A family of a few parameters, to test the loop with: an encoder, a decoder, and a discriminator role."""
