"""A personal list: for one shopper ranked outfits of a catalogue, each piece in a size, tried on, as a page.

shopper (who, and what for), shelf (pieces that can be worn: photo, chart, region), taste (how much each is liked)
    < sizes < choose (ranked outfits in sizes that fit, not five times the same coat)
    < seen (what a parser sees worn) < dress (piece by piece onto the photo) < make (all of it: a Lookbook)
    < values, tongues (English and Chinese) < page < write
words: what the shell's words mean
"""
