// The sockets that a server accepts on: opened by itself, or inherited from the program whose place it takes.
#pragma once

#include "base/result.hpp"
#include "http/server.hpp"
#include "http/stream.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <vector>

namespace carillon::http {

class Listeners {
 public:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Stream::Executor>;

  explicit Listeners(boost::asio::io_context& io) : io_{io} {}

  /// All addresses or none. What is inherited and listens at one of them is used, the rest of it is closed; with
  /// port 0 any port of that address will do. Errc::conflict when an address is taken; what is inherited is still open
  /// then, for whoever can use it.
  [[nodiscard]] Result<> open(const std::vector<ListenAddress>& addresses, std::vector<int> inherited);
  /// The ports() that open() would give a program that inherits what listens at `theirs`. Errc::conflict as there. What
  /// is not theirs listens for a moment.
  [[nodiscard]] Result<std::vector<std::uint16_t>> try_open(const std::vector<ListenAddress>& addresses,
                                                            const std::vector<ListenAddress>& theirs);
  void close();

  [[nodiscard]] std::vector<Acceptor>& acceptors() { return acceptors_; }
  /// One for each address; of a name with several addresses the first one's.
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const { return ports_; }
  [[nodiscard]] std::vector<int> descriptors();

 private:
  /// Closes all but these.
  void let_go(const std::vector<int>& given);
  struct Place {
    boost::asio::ip::tcp::endpoint endpoint;
    bool dual_stack;
  };
  /// Whether who listens there does for `wanted`, too.
  static bool fits(const Place& wanted, const Place& there);
  /// The port.
  using Open = std::function<std::uint16_t(const Place&, boost::system::error_code&)>;
  Result<> open_one(const ListenAddress& address, const Open& open);
  std::uint16_t open_at(const Place& place, std::vector<int>& inherited, boost::system::error_code& ec);

  boost::asio::io_context& io_;
  std::vector<Acceptor> acceptors_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace carillon::http
