"""One try-on, beside a network of CatVTON's form and size."""
