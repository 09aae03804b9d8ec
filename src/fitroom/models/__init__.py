"""Networks alone: no training, no data. ``registry`` lists them; ``weights`` says where pretrained ones come from."""
