"""The conversation with Twilio: its words stay in this room and in the practice carrier."""
