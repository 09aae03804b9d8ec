"""Body measures as one joint distribution: whatever is known of a body says what the rest may be."""
