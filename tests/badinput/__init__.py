"""Every bad input that was tried, as rows of one table; docs/bad-input.md is written from it and tested against it."""
