"""What tests share: small data, models that say what they are told, random circuits."""
