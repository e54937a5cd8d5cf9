#include "fetch/curl_client.hpp"

#include "fetch/address.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
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

/// One request while it is under way. Lives on the thread.
struct Transfer {
  Client::Id id = 0;
  Request request;
  std::string body;
  Response response;
  std::size_t header_bytes = 0;
  bool was_inside = false;
  bool cut_short = false;
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
  transfer.cut_short = body.size() >= transfer.request.answer_bytes_max;
  if (!transfer.cut_short) return size;
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
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, config_.connections_per_host_max);
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
    for (auto& [id, transfer] : transfers_) curl_multi_remove_handle(multi_.get(), transfer->easy.get());
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
    requests_.fetch_add(1, std::memory_order_relaxed);
    if (transfer->request.body) {
      Result<std::string> body = transfer->request.body();
      if (!body) return finish(std::move(transfer), body.error());
      transfer->body = std::move(*body);
    }
    transfer->easy.reset(curl_easy_init());
    if (!transfer->easy) return finish(std::move(transfer), fail(Errc::unavailable, "libcurl has no memory"));
    set_options(*transfer);
    curl_multi_add_handle(multi_.get(), transfer->easy.get());
    transfers_.emplace(transfer->id, std::move(transfer));
  }

  void set_options(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    const Request& request = transfer.request;
    for (const auto& [name, value] : request.headers) add_field(transfer, fmt::format("{}: {}", name, value));
    add_field(transfer, "Expect:");  // no 100 Continue: our bodies are small
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, request.https_only ? "https" : "https,http");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // not the one of the environment either
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.fields.get());
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "carillon");
    if (request.method == "POST") {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer.body.c_str());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(transfer.body.size()));
    } else {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    // HTTP/2 where the other side has it; a burst waits for the first connection rather than open one each.
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (!config_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, config_.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(std::min(request.timeout, config_.connect_timeout).count()));
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
      std::unique_ptr<Transfer> transfer = remove(ended->id);
      transfer->response.status = static_cast<int>(status);
      // Whoever sends more than we read has answered all the same.
      const bool answered = code == CURLE_OK || (transfer->cut_short && status != 0);
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
    curl_multi_remove_handle(multi_.get(), transfer->easy.get());
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

  boost::asio::any_io_executor executor_;
  ClientConfig config_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::map<Id, std::unique_ptr<Transfer>> transfers_;  // of the thread alone
  std::map<Id, Done> dones_;                           // of the executor's thread alone
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
