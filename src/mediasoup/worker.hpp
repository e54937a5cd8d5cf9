// Worker: one mediasoup-worker process and the line to it. It dies alone: this program lives on and is told (on_died).
// Who tells whom when something closes: docs/closing.md.
#pragma once

#include "base/timer.hpp"
#include "mediasoup/channel/channel.hpp"
#include "mediasoup/hang.hpp"
#include "mediasoup/process.hpp"
#include "mediasoup/router.hpp"
#include "mediasoup/webrtc_server.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::mediasoup {

enum class WorkerLogLevel { debug, warn, error, none };
[[nodiscard]] std::string_view to_string(WorkerLogLevel level);

struct WorkerSettings {
  std::string worker_bin;  // path of the mediasoup-worker binary
  WorkerLogLevel log_level = WorkerLogLevel::error;
  std::vector<std::string> log_tags;  // info ice dtls rtp srtp rtcp rtx bwe score simulcast svc sctp message
  std::optional<std::uint16_t> rtc_min_port;
  std::optional<std::uint16_t> rtc_max_port;
  std::string dtls_certificate_file;  // PEM; both or none. None: the worker makes its own
  std::string dtls_private_key_file;
  std::string libwebrtc_field_trials;  // a bad value crashes the worker
  boost::json::object app_data;

  /// From starting the process until it says that it runs.
  Duration startup_timeout = std::chrono::seconds{10};
  /// How often a worker of whom nothing else is asked must show that it lives; with 200 ms one that hangs is found
  /// within half a second (hang.hpp). 0: never, then it is found at the deadline (channel.request_timeout) of the next
  /// request.
  Duration probe_interval = Duration::zero();
  /// From close() until the process is killed if it has not ended by itself.
  Duration exit_timeout = std::chrono::seconds{2};
  ChannelOptions channel;
  /// What starts the process; empty: `worker_bin`, as a child of this one.
  Launch launch;
  /// What adopt() gets the process from; empty: it is a child of this one.
  FindAgain find_again;
};

struct WorkerUpdateableSettings {
  std::optional<WorkerLogLevel> log_level;
  std::optional<std::vector<std::string>> log_tags;
};

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  /// Starts the process and waits until it runs. Errors: bad_request for wrong settings, worker_died for any other end.
  /// The process gets SIGKILL when the thread that calls this ends (PR_SET_PDEATHSIG): call it on one that stays.
  static asio::awaitable<Result<std::shared_ptr<Worker>>> create(WorkerSettings settings, Logger log = {});

  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // The program may replace itself by another build of it (execve) while its workers forward media. The process stays
  // the same, so they stay its children, and the descriptors stay open: what is lost are the objects of this folder.
  //   old: wait for quiet(), save(), clear FD_CLOEXEC of descriptors(), execve, all without going back to the event
  //   loop new: adopt(), before it goes to the event loop, so that no notification is missed
  // If the execve fails, the old program has lost nothing and may go on.
  // The thread that calls execve must be the one that called create(): PR_SET_PDEATHSIG looks at it.

  /// Nothing is asked of the worker that has no answer yet, and nobody has still to see an answer.
  [[nodiscard]] bool quiet() const { return channel_->quiet(); }
  /// The worker and all that was made in it. It holds secrets (ICE passwords, SRTP keys) and user data.
  /// Errors: conflict while not quiet() or when closed; unsupported when there is a PipeTransport.
  [[nodiscard]] Result<boost::json::object> save() const;
  /// Which states adopt() of this build takes: format and version of the worker.
  [[nodiscard]] static std::string saved_format();
  /// What must stay open over the execve.
  [[nodiscard]] std::vector<int> descriptors() const;
  /// Builds the same objects without a word to the worker. Of the settings those count that are not told to the
  /// process. If it has died meanwhile, on_died comes soon. Errors, after which nothing has changed: conflict when this
  /// was saved by a build with another format or another version of the worker, bad_request when it makes no sense,
  /// not_found when the process is not a child of this one.
  static Result<std::shared_ptr<Worker>> adopt(asio::any_io_executor executor, const boost::json::object& saved,
                                               WorkerSettings settings, Logger log = {});
  /// Lets go of process and descriptors as they are. Closed from then on, though nobody is told.
  void release();

  [[nodiscard]] pid_t pid() const;
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool died() const { return died_; }
  /// The process has ended and was reaped.
  [[nodiscard]] bool subprocess_closed() const;
  /// The line to the process, for whoever wants to watch it (requests in flight).
  [[nodiscard]] const std::shared_ptr<Channel>& channel() const { return channel_; }
  /// nullptr: there is none with this id (any more).
  [[nodiscard]] std::shared_ptr<Router> router_by_id(const std::string& id) const;
  [[nodiscard]] std::shared_ptr<WebRtcServer> webrtc_server_by_id(const std::string& id) const;
  [[nodiscard]] std::size_t router_count() const { return routers_.size(); }
  /// Of all its routers.
  [[nodiscard]] std::size_t transport_count() const;

  /// Ends routers and servers, asks the process to end, and kills it if it does not in time.
  void close();
  /// Until the process has ended and was reaped; after close() that takes at most exit_timeout and a moment.
  asio::awaitable<void> wait_subprocess_closed();

  asio::awaitable<Result<boost::json::value>> dump();
  asio::awaitable<Result<boost::json::value>> get_resource_usage();
  asio::awaitable<Result<>> update_settings(WorkerUpdateableSettings settings);
  asio::awaitable<Result<std::shared_ptr<WebRtcServer>>> create_webrtc_server(WebRtcServerOptions options);
  asio::awaitable<Result<std::shared_ptr<Router>>> create_router(RouterOptions options = {});

  Signal<const Error&>
      on_died;  ///< Not asked for: exit, garbage, closed pipe or silence. Once; routers have ended before.
  Signal<> on_subprocess_close;  ///< The process has ended and was reaped. Once.
  Signal<> on_close;             ///< Over, whoever ended it.
  Signal<const std::shared_ptr<WebRtcServer>&> on_new_webrtc_server;
  Signal<const std::shared_ptr<Router>&> on_new_router;

  boost::json::object app_data;

 private:
  Worker(std::shared_ptr<Process> process, std::shared_ptr<Channel> channel, const WorkerSettings& settings,
         Logger log);
  static asio::awaitable<Result<>> wait_running(std::shared_ptr<Worker> worker, Duration limit);
  void watch();
  [[nodiscard]] std::shared_ptr<WebRtcServer> keep_webrtc_server(std::string id, boost::json::object server_app_data);
  [[nodiscard]] std::shared_ptr<Router> keep_router(std::string id, ortc::RtpCapabilities capabilities,
                                                    boost::json::object router_app_data);
  void restore(const Saved& saved);
  void watch_for_hang();
  void look_later(Duration wait);
  void look();
  void on_exit(int status);
  void die(const Error& why);
  void end_children();

  Logger log_;
  Duration exit_timeout_;
  Duration probe_interval_;
  std::shared_ptr<Process> process_;
  std::shared_ptr<Channel> channel_;
  Timer probe_timer_;
  HangWatch hang_watch_;
  HangVerdict verdict_ = HangVerdict::wait;
  bool probed_ = false;  // at the last look; the next sees whether the answer came
  Subscription broken_;
  Subscription exited_;
  bool running_ = false;
  bool closed_ = false;
  bool died_ = false;
  std::map<std::string, std::shared_ptr<WebRtcServer>> webrtc_servers_;
  std::map<std::string, std::shared_ptr<Router>> routers_;
};

}  // namespace carillon::mediasoup
