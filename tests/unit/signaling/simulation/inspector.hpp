// Looks into the node, past what it shows to the world, and says where its parts do not agree. For simulations.
#pragma once

#include "unit/signaling/simulation/server.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <string>

namespace carillon::signaling {

class Inspector {
 public:
  Inspector(simulation::World& world, simulation::Server& server) : world_{world}, server_{server} {}

  // ---- Ways in that are private to the node ----

  static boost::asio::awaitable<http::UpgradeDecision> upgrade(Node& node, http::UpgradeRequest request);
  static boost::asio::awaitable<http::Response> decline(Node& node, http::Request request);
  static json::object counts(const Node& node);
  static std::shared_ptr<Device> device(const Node& node, const DeviceId& id);
  static std::size_t open_requests(const Node& node, const DeviceId& id) { return device(node, id)->open_requests(); }
  /// As if the program had been replaced: nothing of the node touches them any more.
  static void release_workers(Node& node);

  // ---- What must hold ----

  /// Whenever the server has nothing to do at this moment.
  void at_rest();
  /// Workers live and answer, rooms are open: only then when_calm() means something.
  [[nodiscard]] bool is_calm();
  /// When nothing is under way either: the workers have what the node owns, and nothing else.
  void when_calm();
  /// After everybody has gone: nothing is left of anything.
  void at_the_end();

 private:
  void rooms(Node& node);
  void journal(Node& node);
  void workers(Node& node);
  void compare_counts(Node& node);

  simulation::World& world_;
  simulation::Server& server_;
};

}  // namespace carillon::signaling
