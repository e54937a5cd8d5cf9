// Router::pipe_to_router(): a producer of one router becomes one of another router too.
#include "base/async.hpp"
#include "mediasoup/pipe_transport.hpp"
#include "mediasoup/random_ids.hpp"
#include "mediasoup/router.hpp"

#include <boost/asio/co_spawn.hpp>

#include <array>

namespace carillon::mediasoup {
namespace {

PipeTransportOptions pipe_transport_options(const PipeToRouterOptions& options) {
  PipeTransportOptions made;
  static_cast<SctpOptions&>(made) = options;
  made.listen_info = options.listen_info;
  made.enable_rtx = options.enable_rtx;
  made.enable_srtp = options.enable_srtp;
  return made;
}

asio::awaitable<Result<>> connect(std::shared_ptr<PipeTransport> transport, std::shared_ptr<PipeTransport> to) {
  PipeTransportConnectOptions options;
  options.ip = to->tuple().local_address;
  options.port = to->tuple().local_port;
  options.srtp_parameters = to->srtp_parameters();
  Result<> connected = co_await transport->connect(std::move(options));
  co_return connected;
}

asio::awaitable<void> follow(std::shared_ptr<Producer> producer, bool paused) {
  // A failure means that it is closed, which its other half is told in another way.
  if (paused) {
    (void)co_await producer->pause();
  } else {
    (void)co_await producer->resume();
  }
}

void spawn_follow(const std::shared_ptr<Channel>& channel, const std::weak_ptr<Producer>& weak, bool paused) {
  const auto producer = weak.lock();
  if (!producer) return;
  asio::co_spawn(channel->executor(), follow(producer, paused), report(channel->log(), "piped producer"));
}

/// Closes what was made so far when the rest fails.
template <class T>
class CloseUnlessKept {
 public:
  explicit CloseUnlessKept(std::shared_ptr<T> what) : what_{std::move(what)} {}
  ~CloseUnlessKept() {
    if (what_) what_->close();
  }
  CloseUnlessKept(const CloseUnlessKept&) = delete;
  CloseUnlessKept& operator=(const CloseUnlessKept&) = delete;
  void keep() { what_.reset(); }

 private:
  std::shared_ptr<T> what_;
};

template <class A, class B>
void close_with(A& one, const std::shared_ptr<B>& other) {
  // Weak, as both belong to their transports: strong ones would keep each other alive for ever.
  one.on_close.connect_forever([weak = std::weak_ptr<B>{other}] {
    if (const auto alive = weak.lock()) alive->close();
  });
}

}  // namespace

struct Router::PipePair {
  /// Each router's own end.
  struct End {
    std::weak_ptr<Router> router;
    std::string router_id;
    std::shared_ptr<PipeTransport> transport;
    Subscription closing;
  };

  PipePair(asio::any_io_executor executor, const std::shared_ptr<Router>& one, const std::shared_ptr<Router>& other)
      : settled{std::move(executor), Timer::time_point::max()} {
    ends[0].router = one;
    ends[0].router_id = one->id();
    ends[1].router = other;
    ends[1].router_id = other->id();
  }

  std::array<End, 2> ends;
  std::optional<Result<>> outcome;  // nothing: is being made
  Timer settled;                    // never expires; cancelled when there is an outcome

  [[nodiscard]] const std::shared_ptr<PipeTransport>& of(const std::string& router_id) const {
    return ends[ends[0].router_id == router_id ? 0 : 1].transport;
  }
  [[nodiscard]] const std::shared_ptr<PipeTransport>& opposite(const std::string& router_id) const {
    return ends[ends[0].router_id == router_id ? 1 : 0].transport;
  }

  void settle(Result<> result) {
    if (outcome) return;
    outcome.emplace(std::move(result));
    settled.cancel();
    if (!*outcome) end();
  }

  /// Both transports end, and both routers forget the pair.
  void end() {
    for (std::size_t i = 0; i < 2; ++i) {
      ends[i].closing.disconnect();
      if (ends[i].transport) ends[i].transport->close();
      if (const auto router = ends[i].router.lock()) {
        const auto found = router->pipe_pairs_.find(ends[1 - i].router_id);
        if (found != router->pipe_pairs_.end() && found->second.get() == this) router->pipe_pairs_.erase(found);
      }
    }
  }
};

Result<> Router::check_pipe_options(const PipeToRouterOptions& options) const {
  if (const Result<> open = check_open(); !open) return open;
  if (options.producer_id.empty() && options.data_producer_id.empty()) {
    return fail(Errc::bad_request, "missing producer_id or data_producer_id");
  }
  if (!options.producer_id.empty() && !options.data_producer_id.empty()) {
    return fail(Errc::bad_request, "just producer_id or data_producer_id can be given");
  }
  if (!options.router) return fail(Errc::bad_request, "missing router");
  if (options.router.get() == this) return fail(Errc::bad_request, "cannot use this router as destination");
  if (const Result<> open = options.router->check_open(); !open) return open;
  if (options.keep_id && options.router->context_.channel == context_.channel) {
    return fail(Errc::bad_request, "keep_id: not possible when both routers are in one worker");
  }
  if (!options.producer_id.empty() && !producer_by_id(options.producer_id))
    return fail(Errc::not_found, "producer not found");
  if (!options.data_producer_id.empty() && !data_producer_by_id(options.data_producer_id)) {
    return fail(Errc::not_found, "data producer not found");
  }
  return {};
}

asio::awaitable<Result<PipeToRouterResult>> Router::pipe_to_router(PipeToRouterOptions options) {
  const auto self = shared_from_this();
  if (const Result<> good = check_pipe_options(options); !good) co_return good.error();
  const std::shared_ptr<Producer> producer = producer_by_id(options.producer_id);
  const std::shared_ptr<DataProducer> data_producer = data_producer_by_id(options.data_producer_id);
  Result<std::shared_ptr<PipePair>> pair = co_await pipe_pair(self, options);
  if (!pair) co_return pair.error();
  if (producer) {
    Result<PipeToRouterResult> piped = co_await pipe_producer(producer, *pair, options, id());
    co_return piped;
  }
  Result<PipeToRouterResult> piped = co_await pipe_data_producer(data_producer, *pair, options, id());
  co_return piped;
}

asio::awaitable<Result<std::shared_ptr<Router::PipePair>>> Router::pipe_pair(std::shared_ptr<Router> from,
                                                                             PipeToRouterOptions options) {
  const std::shared_ptr<Router> to = options.router;
  const auto found = from->pipe_pairs_.find(to->id());
  if (found != from->pipe_pairs_.end()) {
    const std::shared_ptr<PipePair> pair = found->second;
    boost::system::error_code cancelled;
    if (!pair->outcome) co_await pair->settled.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (!pair->outcome) co_return fail(Errc::timeout, "stopped waiting for the pipe");
    if (!*pair->outcome) co_return pair->outcome->error();
    co_return pair;
  }

  const auto pair = std::make_shared<PipePair>(from->context_.channel->executor(), from, to);
  from->pipe_pairs_.emplace(to->id(), pair);
  to->pipe_pairs_.emplace(from->id(), pair);
  // Whoever waits for the pair must not wait for ever when this coroutine is cancelled half-way.
  struct SettleAtEnd {
    const std::shared_ptr<PipePair>& pair;
    ~SettleAtEnd() { pair->settle(fail(Errc::unavailable, "the pipe was not finished")); }
  } const settle_at_end{pair};
  Result<> made = co_await make_pipe_pair(pair, from, std::move(options));
  pair->settle(made);
  if (!made) co_return made.error();
  co_return pair;
}

asio::awaitable<Result<>> Router::make_pipe_pair(std::shared_ptr<PipePair> pair, std::shared_ptr<Router> from,
                                                 PipeToRouterOptions options) {
  const std::shared_ptr<Router> to = options.router;
  const PipeTransportOptions transport_options = pipe_transport_options(options);
  Result<std::shared_ptr<PipeTransport>> local = co_await from->create_pipe_transport(transport_options);
  if (!local) co_return local.error();
  pair->ends[0].transport = *local;
  Result<std::shared_ptr<PipeTransport>> remote = co_await to->create_pipe_transport(transport_options);
  if (!remote) co_return remote.error();
  pair->ends[1].transport = *remote;
  Result<> connected = co_await connect(*local, *remote);
  if (!connected) co_return connected.error();
  connected = co_await connect(*remote, *local);
  if (!connected) co_return connected.error();
  // While we waited.
  if (const Result<> open = from->check_open(); !open) co_return open.error();
  if (const Result<> open = to->check_open(); !open) co_return open.error();
  const std::weak_ptr<PipePair> weak = pair;
  for (PipePair::End& end : pair->ends) {
    if (end.transport->closed()) co_return fail(Errc::conflict, "a transport of the pipe was closed");
    end.closing = end.transport->on_close.connect([weak] {
      if (const auto alive = weak.lock()) alive->end();
    });
  }
  co_return Result<>{};
}

asio::awaitable<Result<PipeToRouterResult>> Router::pipe_producer(std::shared_ptr<Producer> producer,
                                                                  std::shared_ptr<PipePair> pair,
                                                                  PipeToRouterOptions options, std::string from_id) {
  const std::shared_ptr<PipeTransport> local = pair->of(from_id);
  const std::shared_ptr<PipeTransport> remote = pair->opposite(from_id);
  ConsumerOptions consumer_options;
  consumer_options.producer_id = producer->id();
  Result<std::shared_ptr<Consumer>> consumer = co_await local->consume(std::move(consumer_options));
  if (!consumer) co_return consumer.error();
  CloseUnlessKept<Consumer> close_consumer{*consumer};

  ProducerOptions producer_options;
  producer_options.id = options.keep_id ? producer->id() : random_uuid(*options.router->context_.channel);
  producer_options.kind = (*consumer)->kind();
  producer_options.rtp_parameters = (*consumer)->rtp_parameters();
  producer_options.paused = (*consumer)->producer_paused();
  producer_options.app_data = producer->app_data;
  Result<std::shared_ptr<Producer>> piped = co_await remote->produce(std::move(producer_options));
  if (!piped) co_return piped.error();
  CloseUnlessKept<Producer> close_producer{*piped};

  // The producer may have been closed, paused or resumed while we waited.
  if (producer->closed() || (*consumer)->closed()) co_return fail(Errc::not_found, "the original producer was closed");
  if ((*piped)->paused() != producer->paused()) {
    co_await follow(*piped, producer->paused());
    if (producer->closed() || (*consumer)->closed())
      co_return fail(Errc::not_found, "the original producer was closed");
  }
  if ((*piped)->closed()) co_return fail(Errc::conflict, "the piped producer was closed");

  const std::shared_ptr<Channel> channel = options.router->context_.channel;
  const std::weak_ptr<Producer> weak = *piped;
  close_with(**consumer, *piped);
  close_with(**piped, *consumer);
  (*consumer)->on_pause.connect_forever([channel, weak] { spawn_follow(channel, weak, true); });
  (*consumer)->on_resume.connect_forever([channel, weak] { spawn_follow(channel, weak, false); });
  close_consumer.keep();
  close_producer.keep();
  PipeToRouterResult result;
  result.pipe_consumer = *consumer;
  result.pipe_producer = *piped;
  co_return result;
}

asio::awaitable<Result<PipeToRouterResult>> Router::pipe_data_producer(std::shared_ptr<DataProducer> data_producer,
                                                                       std::shared_ptr<PipePair> pair,
                                                                       PipeToRouterOptions options,
                                                                       std::string from_id) {
  const std::shared_ptr<PipeTransport> local = pair->of(from_id);
  const std::shared_ptr<PipeTransport> remote = pair->opposite(from_id);
  DataConsumerOptions consumer_options;
  consumer_options.data_producer_id = data_producer->id();
  Result<std::shared_ptr<DataConsumer>> consumer = co_await local->consume_data(std::move(consumer_options));
  if (!consumer) co_return consumer.error();
  CloseUnlessKept<DataConsumer> close_consumer{*consumer};

  DataProducerOptions producer_options;
  producer_options.id = options.keep_id ? data_producer->id() : random_uuid(*options.router->context_.channel);
  producer_options.sctp_stream_parameters = (*consumer)->sctp_stream_parameters();
  producer_options.label = (*consumer)->label();
  producer_options.protocol = (*consumer)->protocol();
  producer_options.app_data = data_producer->app_data;
  Result<std::shared_ptr<DataProducer>> piped = co_await remote->produce_data(std::move(producer_options));
  if (!piped) co_return piped.error();
  CloseUnlessKept<DataProducer> close_producer{*piped};

  if (data_producer->closed() || (*consumer)->closed())
    co_return fail(Errc::not_found, "the original data producer was closed");
  if ((*piped)->closed()) co_return fail(Errc::conflict, "the piped data producer was closed");
  close_with(**consumer, *piped);
  close_with(**piped, *consumer);
  close_consumer.keep();
  close_producer.keep();
  PipeToRouterResult result;
  result.pipe_data_consumer = *consumer;
  result.pipe_data_producer = *piped;
  co_return result;
}

}  // namespace carillon::mediasoup
