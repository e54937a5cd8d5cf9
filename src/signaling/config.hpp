// What the joined parts need to know, each in its own struct. The program's configuration file fills it
// (app/config.hpp).
#pragma once

#include "base/secret.hpp"
#include "base/time.hpp"
#include "call/config.hpp"
#include "fetch/client.hpp"
#include "http/server.hpp"
#include "jose/key_set.hpp"
#include "mediasoup/process.hpp"
#include "push/hosts.hpp"
#include "push/provider.hpp"
#include "push/service_account.hpp"
#include "room/config.hpp"
#include "room/respawn.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::signaling {

struct MediaConfig {
  std::string worker_bin;
  /// Worker processes: one for each core is right, media is all they do.
  std::size_t workers = 0;
  std::string listen_ip;
  /// What clients are told to send to; empty: `listen_ip`.
  std::string announced_address;
  /// Worker n takes UDP and TCP port `port + n`; 0: any free ones.
  std::uint16_t port = 40000;
  /// What a fresh connection is taken to carry until it is measured, in bits per second.
  std::uint32_t initial_outgoing_bitrate_bps = 1'000'000;
  /// Most that one client may send us; 0: no limit.
  std::uint32_t max_incoming_bitrate_bps = 5'000'000;
  /// When a worker that died is started again.
  room::RespawnConfig respawn;
  /// How long a room waits for a worker when none lives; then its call has failed.
  Duration worker_wait = std::chrono::seconds{20};
};

/// STUN and TURN servers that clients are told of (`welcome.iceServers`). Our own media ports need none.
struct IceServer {
  std::vector<std::string> urls;
  std::string username;
  Secret credential;
};

struct PushConfig {
  /// Where endpoints may be, besides the push services of browsers.
  push::Hosts hosts;
  /// Certificate authorities besides the system's; empty: none.
  std::string ca_file;
  /// Web Push is off without it; with `dev` the server makes one.
  std::optional<jose::Key> vapid_key;
  /// Whom a push service may write to: mailto: or https:.
  std::string vapid_subject;
  /// FCM is off without it.
  std::optional<push::ServiceAccount> fcm;
  std::string fcm_endpoint = "https://fcm.googleapis.com";
};

/// What the node reaches outside of itself, where a simulation gives something else.
struct Outside {
  /// Asks push services; must outlive the node. nullptr: libcurl, on a thread of its own.
  fetch::Client* client = nullptr;
  /// One more push service.
  std::function<std::unique_ptr<push::Provider>()> push_service;
  /// Starts the processes of workers; empty: `media.worker_bin`.
  mediasoup::Launch worker;
  /// Finds those again that the program before this one has started; empty: children of this process.
  mediasoup::FindAgain worker_again;
  /// How often an idle worker must show that it lives, so that one that hangs is found before somebody needs it.
  Duration probe_interval = std::chrono::milliseconds{200};
};

struct Config {
  /// Anybody may have a token, presence is on, counts are open. Never on the internet.
  bool dev = false;
  bool presence = false;
  /// For `/v1/...` of operators; empty: closed, unless `dev`.
  Secret server_key;
  /// Verify access tokens; with `dev`, tokens signed with `dev_key` too.
  jose::KeySet keys;
  std::optional<jose::Key> dev_key;
  /// The web app; empty: none is served.
  std::string web_dir;
  std::vector<IceServer> ice_servers;

  /// How long calls may go on after begin_drain().
  Duration drain = std::chrono::seconds{30};

  /// How long a client has to answer a request of ours (newConsumer).
  Duration client_answer_timeout = std::chrono::seconds{20};
  /// Media requests of one device that wait for their turn; more is an attack.
  std::size_t media_queue_max = 128;
  /// Messages of one session, but for the answers that we wait for; twice as many at once. 0: no limit.
  std::size_t messages_per_second = 0;
  /// Of all sessions of one user together.
  std::size_t messages_per_second_user = 0;
  /// Sessions of one user, connected or to be resumed. 0: no limit.
  std::size_t sessions_per_user = 0;
  /// What one user begins to send in calls; eight times as many at once. 0: no limit.
  std::size_t producers_per_second = 0;
  /// Of one user, or one ticket, that wait for the store at a time, over WebSocket and REST together. 0: no limit.
  std::size_t waiting_per_user = 0;

  call::Config calls;
  room::Config rooms;
  MediaConfig media;
  PushConfig push;
  http::ServerConfig http;
  Outside outside;
};

}  // namespace carillon::signaling
