"""Dead letters sent again to their topic, once the contract accepts them."""
