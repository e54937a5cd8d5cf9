#include "unit/signaling/simulation/town.hpp"

#include "jose/key_set.hpp"
#include "unit/signaling/simulation/tokens.hpp"

#include <exception>
#include <utility>

namespace carillon::simulation {
namespace {

std::string token_of(const std::string& user, const std::string& label) {
  jose::Claims claims = claims_of(user);
  claims.device = label;
  claims.calls.moderate = label == "phone";
  return jose::sign_access_token(claims, token_key()).value();
}

}  // namespace

Server::Manners Town::manners(Dice& dice) {
  Server::Manners manners;
  signaling::Config& config = manners.config;
  config.keys.add(token_key());
  config.server_key = Secret{"the key of the operator"};
  config.presence = dice.percent(20);
  config.http.listen.clear();
  config.media.workers = 1 + dice.roll(2);
  config.media.listen_ip = "127.0.0.1";
  config.calls.grace = dice.one_of<Duration>({0s, 1s, 10s, 10s});
  config.calls.call_waiting = dice.percent(70);
  config.calls.open_rooms = dice.percent(70);
  config.calls.people_max = dice.one_of<std::size_t>({3, 64, 64});
  config.calls.calls_per_device_max = dice.one_of<std::size_t>({1, 2, 8});
  config.calls.limits.rings_per_minute_user = dice.one_of<std::size_t>({0, 0, 0, 5});
  config.calls.limits.rings_per_minute_pair = dice.one_of<std::size_t>({0, 0, 0, 2});
  config.messages_per_second = dice.one_of<std::size_t>({0, 0, 0, 5});
  config.waiting_per_user = dice.one_of<std::size_t>({0, 0, 0, 1});
  config.messages_per_second_user = dice.one_of<std::size_t>({0, 0, 0, 8});
  config.sessions_per_user = dice.one_of<std::size_t>({0, 0, 0, 1, 2});
  config.producers_per_second = dice.one_of<std::size_t>({0, 0, 0, 1});
  config.media_queue_max = dice.one_of<std::size_t>({128, 128, 4});
  config.rooms.video_consumers_per_peer_max = dice.one_of<std::size_t>({25, 25, 1});
  config.rooms.producers_per_peer_max = dice.one_of<std::size_t>({16, 2});
  config.outside.probe_interval = dice.one_of<Duration>({0ms, 0ms, 0ms, 10s, 30s});
  if (dice.percent(1)) config.outside.probe_interval = 200ms;
  manners.workers.slowness = dice.one_of<Duration>({0ms, 0ms, 2ms, 50ms, 800ms});
  // Else a probe is always under way, and it never looks calm.
  if (config.outside.probe_interval == 200ms)
    manners.workers.slowness = std::min<Duration>(manners.workers.slowness, 2ms);
  manners.workers.refuses = dice.one_of<std::size_t>({0, 0, 3, 15});
  manners.workers.start_fails = dice.one_of<std::size_t>({0, 0, 0, 30});
  manners.store_slowness = dice.one_of<Duration>({0ms, 5ms, 500ms});
  return manners;
}

Town::Town(std::uint64_t seed, const std::string& journal_path, bool talks)
    : world_{seed, talks},
      server_{world_, manners(world_.dice), seed, journal_path},
      judge_{world_, server_},
      inspector_{world_, server_},
      shared_{world_, server_, judge_, {}},
      began_{world_.now()} {
  may_sleep_ = server_.config().outside.probe_interval == 0ms;
  shared_.latency = world_.dice.one_of<Duration>({0ms, 5ms, 80ms, 80ms, 2s});
  shared_.media = world_.dice.percent(80);
  shared_.push = world_.dice.percent(60);
  for (const char* user : {"ann", "ben", "cat", "dan"}) {
    if (shared_.users.size() >= 2 && world_.dice.percent(40)) continue;
    shared_.users.emplace_back(user);
    const std::size_t count = 1 + world_.dice.roll(world_.dice.percent(50) ? 1 : 3);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string label = std::vector<std::string>{"phone", "laptop", "tablet"}[i];
      devices_.push_back(std::make_unique<FakeDevice>(shared_, user, label, token_of(user, label)));
    }
  }
  shared_.users.emplace_back("nobody");
  server_.on_start = [this] { judge_.server_starts(); };
  server_.on_up = [this] { judge_.server_starts(); };
  server_.on_prepare = [this] { judge_.replacement_begins(); };
  server_.push().on_sent = [this](const std::string& address, const push::Message& message) {
    judge_.pushed(address, message);
  };
  server_.push().on_delivered = [this](const std::string& address, const push::Message& message) {
    for (const auto& device : devices_) {
      if (device->id().str() == address) device->on_push(message);
    }
  };
  world_.look = [this] {
    judge_.at_rest();
    inspector_.at_rest();
  };
}

Town::Outcome Town::run() {
  try {
    live();
  } catch (const std::exception& escaped) {
    world_.wrong("an exception escapes: {}", escaped.what());
  }
  return {world_.failed() ? world_.failure() : std::string{},
          world_.digest(),
          world_.events(),
          judge_.calls_seen(),
          server_.kills(),
          server_.upgrades(),
          server_.workers_made(),
          world_.now() - began_};
}

void Town::live() {
  // Most are short, so that there can be many; what needs time to go wrong has it in the long ones.
  const std::size_t steps = world_.dice.percent(85) ? 8 + world_.dice.roll(18) : 60;
  server_.boot();
  world_.pass(2s);
  for (const auto& device : devices_) {
    if (world_.dice.percent(90)) device->connect();
  }
  for (world_.step = 1; world_.step <= steps && !world_.failed(); ++world_.step) step();
  if (!world_.failed()) everybody_rests();
  if (!world_.failed()) everybody_goes();
}

void Town::step() {
  if (world_.dice.percent(9)) {
    fault();
  } else {
    world_.dice.one_of(devices_)->act();
  }
  time_passes();
  if (world_.dice.percent(3)) look_closely();
}

std::shared_ptr<FakeWorker> Town::some_worker() {
  return server_.workers().empty() ? nullptr : world_.dice.one_of(server_.workers());
}

void Town::fault() {
  const std::size_t what = world_.dice.roll(100);
  if (what < 15) return server_.kill();
  if (what < 30) return server_.kill_at_word(world_.dice.roll(30));
  if (what < 34) return server_.drain();
  if (what < 38) return server_.upgrade();
  if (what < 42 && server_.is_up()) {
    store_failed_ = true;
    return server_.store().fail_for(world_.dice.up_to(20s));
  }
  if (what < 45) return world_.jump(world_.dice.up_to(2h) - 1h);
  const std::shared_ptr<FakeWorker> worker = some_worker();
  if (!worker) return;
  if (what < 57) return worker->die(9);
  if (what < 61) return worker->send_garbage();
  if (what < 70) {
    worker->hang();
    if (world_.dice.percent(50)) {
      world_.after(world_.dice.up_to(6s), [weak = std::weak_ptr{worker}] {
        if (const auto same = weak.lock()) same->wake();
      });
    }
    return;
  }
  worker->say_something();
}

void Town::time_passes() {
  const std::size_t how = world_.dice.roll(100);
  if (how < 30) return world_.pass(0ms);
  if (how < 92) return world_.pass(world_.dice.up_to(1s));
  if (how < 99 || !may_sleep_) return world_.pass(world_.dice.up_to(40s));
  world_.pass(world_.dice.up_to(3h));
}

/// Waits a little until nothing is under way, and compares all that there is.
void Town::look_closely() {
  for (int i = 0; i < 8 && !world_.failed(); ++i) {
    if (inspector_.is_calm()) return inspector_.when_calm();
    world_.pass(300ms);
  }
}

/// Nobody does anything any more. What is broken is mended within a minute.
void Town::everybody_rests() {
  for (const auto& device : devices_) device->rest();
  server_.hurry();
  for (const auto& worker : server_.workers()) worker->wake();
  world_.pass(70s);
  for (int i = 0; i < 40 && !inspector_.is_calm() && !world_.failed(); ++i) world_.pass(7700ms);
  if (!inspector_.is_calm()) world_.wrong("workers and rooms are not whole again after minutes");
  if (!world_.failed()) inspector_.when_calm();
  judge_.all_answered();
}

void Town::everybody_goes() {
  // What was not written because the store failed is written by the next process.
  if (store_failed_) server_.kill();
  world_.pass(40s);
  for (const auto& device : devices_) device->hang_up();
  world_.pass(10min);
  for (int i = 0; i < 30 && !inspector_.is_calm() && !world_.failed(); ++i) world_.pass(10s);
  if (server_.push().asked() > 0) world_.pass(30min);
  if (world_.failed()) return;
  inspector_.when_calm();
  inspector_.at_the_end();
  judge_.at_the_end();
}

}  // namespace carillon::simulation
