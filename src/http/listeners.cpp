#include "http/listeners.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/ip/v6_only.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace carillon::http {

using boost::asio::ip::tcp;

namespace {

bool is_every(const ListenAddress& address) { return address.host.empty() || address.host == "*"; }

std::vector<tcp::endpoint> resolve(boost::asio::io_context& io, const ListenAddress& address,
                                   boost::system::error_code& ec) {
  if (is_every(address)) {
    return {{boost::asio::ip::address_v6::any(), address.port}, {boost::asio::ip::address_v4::any(), address.port}};
  }
  tcp::resolver resolver{io};
  std::vector<tcp::endpoint> endpoints;
  const auto found = resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, ec);
  for (const auto& entry : found) {
    if (std::find(endpoints.begin(), endpoints.end(), entry.endpoint()) == endpoints.end()) {
      endpoints.push_back(entry.endpoint());
    }
  }
  return endpoints;
}

/// Where a socket listens; nullopt: it does not.
std::optional<tcp::endpoint> listens_at(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) return std::nullopt;
  tcp::endpoint endpoint;
  auto length = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(descriptor, endpoint.data(), &length) != 0) return std::nullopt;
  if (endpoint.data()->sa_family != AF_INET && endpoint.data()->sa_family != AF_INET6) return std::nullopt;
  return endpoint;
}

bool is_v6_only(int descriptor) {
  int only = 0;
  socklen_t size = sizeof only;
  return ::getsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size) == 0 && only != 0;
}

/// Machines without IPv6 resolve names to it, too.
bool is_absent_family(const boost::system::error_code& ec) {
  return ec == boost::asio::error::address_family_not_supported || ec == boost::system::errc::address_not_available;
}

}  // namespace

Result<> Listeners::open(const std::vector<ListenAddress>& addresses, std::vector<int> inherited) {
  const std::vector<int> given = inherited;
  const Open open = [&](const Place& place, boost::system::error_code& ec) { return open_at(place, inherited, ec); };
  for (const ListenAddress& address : addresses) {
    if (auto opened = open_one(address, open); !opened) {
      let_go(given);
      return opened.error();
    }
  }
  for (const int descriptor : inherited) ::close(descriptor);
  return {};
}

Result<std::vector<std::uint16_t>> Listeners::try_open(const std::vector<ListenAddress>& addresses,
                                                       const std::vector<ListenAddress>& theirs) {
  std::vector<Place> inherited;
  for (const ListenAddress& address : theirs) {
    boost::system::error_code ignored;
    std::vector<tcp::endpoint> endpoints = resolve(io_, address, ignored);
    if (is_every(address)) endpoints.resize(1);  // one socket serves both families
    for (const tcp::endpoint& endpoint : endpoints) inherited.push_back({endpoint, is_every(address)});
  }
  const Open open = [&](const Place& place, boost::system::error_code& ec) {
    const auto found =
        std::find_if(inherited.begin(), inherited.end(), [&](const Place& at) { return fits(place, at); });
    std::vector<int> none;
    if (found == inherited.end()) return open_at(place, none, ec);
    const std::uint16_t port = found->endpoint.port();
    inherited.erase(found);
    ec = {};
    return port;
  };
  Result<> all;
  for (const ListenAddress& address : addresses) {
    if (all) all = open_one(address, open);
  }
  const std::vector<std::uint16_t> ports = ports_;
  let_go({});
  if (!all) return all.error();
  return ports;
}

void Listeners::let_go(const std::vector<int>& given) {
  for (Acceptor& acceptor : acceptors_) {
    boost::system::error_code ignored;
    if (std::find(given.begin(), given.end(), acceptor.native_handle()) != given.end()) acceptor.release(ignored);
  }
  acceptors_.clear();
  ports_.clear();
}

void Listeners::close() {
  boost::system::error_code ignored;
  for (Acceptor& acceptor : acceptors_) acceptor.close(ignored);
}

std::vector<int> Listeners::descriptors() {
  std::vector<int> descriptors;
  for (Acceptor& acceptor : acceptors_) {
    if (acceptor.is_open()) descriptors.push_back(acceptor.native_handle());
  }
  return descriptors;
}

Result<> Listeners::open_one(const ListenAddress& address, const Open& open) {
  boost::system::error_code ec;
  const bool every = is_every(address);
  const auto endpoints = resolve(io_, address, ec);
  std::uint16_t port = address.port;
  std::size_t opened = 0;
  for (tcp::endpoint endpoint : endpoints) {
    if (every && opened > 0) break;  // one socket serves both families
    endpoint.port(port);
    const std::uint16_t given = open({endpoint, every}, ec);
    if (is_absent_family(ec)) continue;
    if (ec) break;
    port = given;
    ++opened;
  }
  if (opened == 0 || (ec && !is_absent_family(ec))) {
    return fail(Errc::conflict, "cannot listen on " + address.host + ":" + std::to_string(address.port) + ": " +
                                    (ec ? ec.message() : "no such address"));
  }
  ports_.push_back(port);
  return {};
}

bool Listeners::fits(const Place& wanted, const Place& there) {
  if (there.endpoint.address() != wanted.endpoint.address()) return false;
  if (wanted.endpoint.port() != 0 && there.endpoint.port() != wanted.endpoint.port()) return false;
  return there.endpoint.address().is_v4() || there.dual_stack == wanted.dual_stack;
}

std::uint16_t Listeners::open_at(const Place& place, std::vector<int>& inherited, boost::system::error_code& ec) {
  Acceptor acceptor{io_.get_executor()};
  const auto serves = [&](int descriptor) {
    const auto at = listens_at(descriptor);
    return at && fits(place, {*at, !is_v6_only(descriptor)});
  };
  const auto& endpoint = place.endpoint;
  if (const auto found = std::find_if(inherited.begin(), inherited.end(), serves); found != inherited.end()) {
    acceptor.assign(endpoint.protocol(), *found, ec);
    if (!ec) inherited.erase(found);
  } else {
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.set_option(tcp::acceptor::reuse_address{true}, ec);
    if (!ec && endpoint.address().is_v6()) acceptor.set_option(boost::asio::ip::v6_only{!place.dual_stack}, ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(boost::asio::socket_base::max_listen_connections, ec);
  }
  if (ec) return 0;
  const std::uint16_t port = acceptor.local_endpoint(ec).port();
  acceptors_.push_back(std::move(acceptor));
  return port;
}

}  // namespace carillon::http
