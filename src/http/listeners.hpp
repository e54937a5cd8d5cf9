// The sockets that a server accepts on: opened by itself, or inherited from the program whose place it takes.
#pragma once

#include "base/result.hpp"
#include "http/server.hpp"
#include "http/stream.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
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
  void close();

  [[nodiscard]] std::vector<Acceptor>& acceptors() { return acceptors_; }
  /// One for each address; of a name with several addresses the first one's.
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const { return ports_; }
  [[nodiscard]] std::vector<int> descriptors();

 private:
  /// Closes all but these.
  void let_go(const std::vector<int>& given);
  Result<> open_one(const ListenAddress& address, std::vector<int>& inherited);
  Acceptor open_at(const boost::asio::ip::tcp::endpoint& endpoint, bool dual_stack, std::vector<int>& inherited,
                   boost::system::error_code& ec);

  boost::asio::io_context& io_;
  std::vector<Acceptor> acceptors_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace carillon::http
