#include "fetch/curl_client.hpp"

#include "fetch/address.hpp"
#include "fetch/url.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace carillon::fetch {
namespace {

/// All fields of one answer; more is an attack.
constexpr std::size_t header_bytes_max = 32 * 1024;
/// Requests to one host at once over HTTP/2. libcurl 7.88 now and then takes an answered stream for a dead connection
/// and sends its request again: of 1,000 at once some 70 with 100 streams, some 20 with 40 (docs/decisions/0005).
constexpr std::size_t streams_per_host_max = 32;
/// How long a thread that has nothing to do sleeps; new requests wake it.
constexpr int idle_ms = 60'000;

struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// libcurl wants to be started once, before any thread.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

using Clock = std::chrono::steady_clock;

/// One request while it waits or is under way. Lives on the thread.
struct Transfer {
  Client::Id id = 0;
  Request request;
  std::string host;  ///< And port: what connections are shared by.
  Clock::time_point deadline{};
  std::string body;
  Response response;
  std::size_t header_bytes = 0;
  bool was_inside = false;
  std::array<char, CURL_ERROR_SIZE> words{};  ///< What libcurl says of a failure.
  std::atomic<std::uint64_t>* connections = nullptr;
  std::unique_ptr<curl_slist, FreeList> fields;
  std::unique_ptr<CURL, FreeEasy> easy;
};

curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.request.reach == Reach::internet && !is_public(address->addr)) {
    transfer.was_inside = true;
    return CURL_SOCKET_BAD;
  }
  transfer.connections->fetch_add(1, std::memory_order_relaxed);
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string& body = transfer.response.body;
  body.append(data, std::min(size, transfer.request.answer_bytes_max - body.size()));
  if (body.size() < transfer.request.answer_bytes_max) return size;
  // What is still on its way would fill the window of an HTTP/2 connection, so nobody else shall use it.
  curl_easy_setopt(transfer.easy.get(), CURLOPT_FORBID_REUSE, 1L);
  return 0;  // ends the transfer
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n";
  const std::size_t first = std::min(text.find_first_not_of(spaces), text.size());
  return text.substr(first, text.find_last_not_of(spaces) + 1 - first);
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.header_bytes += size;
  if (transfer.header_bytes > header_bytes_max) return 0;
  const std::string_view line{data, size};
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();  // of a 100 Continue, before
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos)
    transfer.response.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  return size;
}

Error error_of(CURLcode code, const Transfer& transfer) {
  if (code == CURLE_COULDNT_RESOLVE_HOST) return fail(Errc::not_found, "the name of the host is not known");
  // Only libcurl's words tell it from an answer that does not come.
  if (code == CURLE_OPERATION_TIMEDOUT && std::string_view{transfer.words.data()}.starts_with("Resolving timed out"))
    return fail(Errc::not_found, "the address of the host was not told in time");
  if (transfer.was_inside) return fail(Errc::forbidden, "the host has a private address");
  if (code == CURLE_OPERATION_TIMEDOUT) return fail(Errc::timeout, "no answer in time");
  return fail(Errc::unavailable, curl_easy_strerror(code));
}

}  // namespace

class CurlClient::Thread : public std::enable_shared_from_this<Thread> {
 public:
  Thread(boost::asio::any_io_executor executor, ClientConfig config)
      : executor_{std::move(executor)}, config_{std::move(config)} {
    start_curl();
    multi_.reset(curl_multi_init());
    if (!multi_) throw std::runtime_error("libcurl has no memory");
    curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    // We keep to connections_per_host_max ourselves: requests that libcurl 7.88 makes wait for a connection are now and
    // then forgotten until their timeout. This is for the moment after a connection with many streams has broken.
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, config_.connections_per_host_max + 2);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, config_.connections_max);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, config_.connections_max);
    thread_ = std::thread{[this] { run(); }};
  }

  void stop() {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }

  Id start(Request request, Done done) {
    const Id id = ++last_id_;
    dones_.emplace(id, std::move(done));
    {
      const std::lock_guard lock{mutex_};
      waiting_.push_back({id, std::move(request)});
    }
    curl_multi_wakeup(multi_.get());
    return id;
  }

  void abandon(Id id) {
    if (dones_.erase(id) == 0) return;
    {
      const std::lock_guard lock{mutex_};
      abandoned_.push_back(id);
    }
    curl_multi_wakeup(multi_.get());
  }

  [[nodiscard]] Counts counts() const { return {requests_.load(), connections_.load()}; }

 private:
  struct Waiting {
    Id id;
    Request request;
  };

  void run() {
    while (take_orders()) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      collect();
      curl_multi_poll(multi_.get(), nullptr, 0, idle_ms, nullptr);
    }
    for (auto& [id, transfer] : transfers_) {
      if (transfer->easy) curl_multi_remove_handle(multi_.get(), transfer->easy.get());
    }
    transfers_.clear();
  }

  /// False: stop.
  bool take_orders() {
    std::vector<Waiting> waiting;
    std::vector<Id> abandoned;
    {
      const std::lock_guard lock{mutex_};
      if (stopping_) return false;
      waiting.swap(waiting_);
      abandoned.swap(abandoned_);
    }
    for (Waiting& one : waiting) begin(std::move(one));
    for (const Id id : abandoned) remove(id);
    return true;
  }

  void begin(Waiting waiting) {
    auto transfer = std::make_unique<Transfer>();
    transfer->id = waiting.id;
    transfer->request = std::move(waiting.request);
    transfer->connections = &connections_;
    transfer->deadline = Clock::now() + transfer->request.timeout;
    const auto url = parse_url(transfer->request.url);
    if (!url) return finish(std::move(transfer), url.error());
    transfer->host = fmt::format("{}:{}", url->host, url->port);
    const Id id = transfer->id;
    Host& host = hosts_[transfer->host];
    host.waiting.push_back(id);
    const std::string name = transfer->host;
    transfers_.emplace(id, std::move(transfer));
    start_waiting(name);
  }

  /// As many as this host may have at once.
  void start_waiting(const std::string& name) {
    const auto found = hosts_.find(name);
    if (found == hosts_.end()) return;
    Host& host = found->second;
    const auto most = host.is_http2 ? streams_per_host_max : static_cast<std::size_t>(config_.connections_per_host_max);
    while (!host.waiting.empty() && host.under_way < most) {
      const Id id = host.waiting.front();
      host.waiting.pop_front();
      const auto waiting = transfers_.find(id);
      if (waiting == transfers_.end()) continue;  // abandoned
      if (waiting->second->deadline <= Clock::now()) {
        std::unique_ptr<Transfer> late = std::move(waiting->second);
        transfers_.erase(waiting);
        finish(std::move(late), fail(Errc::timeout, "no answer in time"));
      } else if (const Result<> started = go(*waiting->second); started) {
        ++host.under_way;
      } else {
        std::unique_ptr<Transfer> failed = std::move(waiting->second);
        transfers_.erase(waiting);
        finish(std::move(failed), started.error());
      }
    }
    if (host.under_way == 0) hosts_.erase(found);
  }

  Result<> go(Transfer& transfer) {
    requests_.fetch_add(1, std::memory_order_relaxed);
    if (transfer.request.body) {
      Result<std::string> body = transfer.request.body();
      if (!body) return body.error();
      transfer.body = std::move(*body);
    }
    transfer.easy.reset(curl_easy_init());
    if (!transfer.easy) return fail(Errc::unavailable, "libcurl has no memory");
    set_options(transfer);
    curl_multi_add_handle(multi_.get(), transfer.easy.get());
    return {};
  }

  void set_options(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    const Request& request = transfer.request;
    for (const auto& [name, value] : request.headers) add_field(transfer, fmt::format("{}: {}", name, value));
    add_field(transfer, "Expect:");  // no 100 Continue: our bodies are small
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.words.data());
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, request.https_only ? "https" : "https,http");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // not the one of the environment either
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // A name that is still looked for when its time is over is left to its thread: to wait for that, as libcurl else
    // does, would hold up all other requests.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.fields.get());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "carillon");
    if (request.method == "POST") {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer.body.c_str());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(transfer.body.size()));
    } else {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    // HTTP/2 where the other side has it.
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (!config_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, config_.ca_file.c_str());
    const Duration left = std::chrono::ceil<Duration>(transfer.deadline - Clock::now());
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(std::min(left, config_.connect_timeout).count()));
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  }

  static void add_field(Transfer& transfer, const std::string& field) {
    curl_slist* longer = curl_slist_append(transfer.fields.get(), field.c_str());
    if (longer == nullptr) return;
    (void)transfer.fields.release();
    transfer.fields.reset(longer);
  }

  /// Answers whatever has ended.
  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      Transfer* ended = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ended);
      long status = 0;
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      long version = 0;
      curl_easy_getinfo(message->easy_handle, CURLINFO_HTTP_VERSION, &version);
      if (status != 0) hosts_.at(ended->host).is_http2 = version == CURL_HTTP_VERSION_2_0;
      std::unique_ptr<Transfer> transfer = remove(ended->id);
      transfer->response.status = static_cast<int>(status);
      // Whoever sends more than we read, or less than he said, has answered all the same. Below 200 is no answer yet
      // (RFC 9110 section 15.2).
      const bool answered = code == CURLE_OK || status >= 200;
      if (answered) {
        Response response = std::move(transfer->response);
        finish(std::move(transfer), std::move(response));
      } else {
        const Error error = error_of(code, *transfer);
        finish(std::move(transfer), error);
      }
    }
  }

  std::unique_ptr<Transfer> remove(Id id) {
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) return nullptr;
    std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    if (!transfer->easy) return transfer;  // it was waiting
    curl_multi_remove_handle(multi_.get(), transfer->easy.get());
    --hosts_.at(transfer->host).under_way;
    start_waiting(transfer->host);
    return transfer;
  }

  void finish(std::unique_ptr<Transfer> transfer, Result<Response> result) {
    boost::asio::post(executor_, [self = weak_from_this(), id = transfer->id, result = std::move(result)]() mutable {
      if (const auto alive = self.lock()) alive->answer(id, std::move(result));
    });
  }

  void answer(Id id, Result<Response> result) {
    const auto found = dones_.find(id);
    if (found == dones_.end()) return;  // abandoned meanwhile
    const Done done = std::move(found->second);
    dones_.erase(found);
    done(std::move(result));
  }

  /// A host and port that has requests. What it speaks is learned anew when it has had none.
  struct Host {
    std::deque<Id> waiting;
    std::size_t under_way = 0;
    bool is_http2 = false;
  };

  boost::asio::any_io_executor executor_;
  ClientConfig config_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::map<Id, std::unique_ptr<Transfer>> transfers_;  // of the thread alone, as is what follows
  std::map<std::string, Host> hosts_;
  std::map<Id, Done> dones_;  // of the executor's thread alone
  Id last_id_ = 0;
  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::uint64_t> connections_ = 0;

  std::mutex mutex_;  // for what is below
  std::vector<Waiting> waiting_;
  std::vector<Id> abandoned_;
  bool stopping_ = false;
  std::thread thread_;
};

CurlClient::CurlClient(boost::asio::any_io_executor executor, ClientConfig config)
    : thread_{std::make_shared<Thread>(std::move(executor), std::move(config))} {}

CurlClient::~CurlClient() { thread_->stop(); }

CurlClient::Id CurlClient::start(Request request, Done done) {
  return thread_->start(std::move(request), std::move(done));
}

void CurlClient::abandon(Id id) { thread_->abandon(id); }

CurlClient::Counts CurlClient::counts() const { return thread_->counts(); }

}  // namespace carillon::fetch
