"""The try-on model: what is certain is warped from the garment photo, what is not is diffused at low resolution.

Sizes, by the frame's height and width: full (H, W), half (H/2, W/2), quarter (H/4, W/4). The network looks at half,
lays out and diffuses at quarter, and composites at full or any other size.

    garment photo -> ``garment``: reference features, once a garment, independent of the noise level
    person photo, sizes -> ``layout``: parse of the answer, flow into the garment photo, what comes from where
    person photo, sizes -> ``hem``: where the garment ends, to which the layout is brought
    noise -> ``denoiser``: light on the cloth, colours of what the flow does not show
    -> ``blend``: per pixel of the answer, texture times light, paint, or the person's own pixel
"""
