"""IP addresses as `net` and `dgram` use them: `net.isIP`, `BlockList`, `SocketAddress`, the records of `address()`."""
