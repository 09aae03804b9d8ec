"""Published try-on data sets: photos with lists of pairs, read, checked, and written from a wardrobe."""
