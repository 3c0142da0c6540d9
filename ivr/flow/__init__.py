"""The pure heart of the hotline: what a call is and how it goes on, without clock, file, network or database."""
