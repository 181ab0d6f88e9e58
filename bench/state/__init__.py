"""What a store costs as it grows: requests, bytes and seconds with ten, a thousand and ten thousand ended runs."""
