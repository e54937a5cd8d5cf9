// WorkerFixture with a router and transports to climb on: one line each in a test.
#pragma once

#include "mediasoup/direct_transport.hpp"
#include "mediasoup/pipe_transport.hpp"
#include "mediasoup/plain_transport.hpp"
#include "mediasoup/webrtc_transport.hpp"
#include "support/rtp.hpp"
#include "support/worker_fixture.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace carillon::test {

class MediaFixture : public WorkerFixture {
 protected:
  template <class T>
  using Made = asio::awaitable<std::shared_ptr<T>>;
  using SharedRouter = std::shared_ptr<mediasoup::Router>;
  using SharedTransport = std::shared_ptr<mediasoup::Transport>;

  static Made<mediasoup::WebRtcTransport> webrtc(SharedRouter router);
  static Made<mediasoup::DirectTransport> direct(SharedRouter router);
  static Made<mediasoup::PlainTransport> plain(SharedRouter router, mediasoup::PlainTransportOptions options);
  static Made<mediasoup::PipeTransport> pipe(SharedRouter router, mediasoup::PipeTransportOptions options);
  static Made<mediasoup::Producer> produce(SharedTransport transport, mediasoup::ProducerOptions options);
  /// With all that the router can do.
  static Made<mediasoup::Consumer> consume(SharedRouter router, SharedTransport transport, std::string producer_id);
  static Made<mediasoup::DataProducer> produce_data(SharedTransport transport, mediasoup::DataProducerOptions options);
  static Made<mediasoup::DataConsumer> consume_data(SharedTransport transport, std::string data_producer_id);

  static mediasoup::PlainTransportOptions plain_options();
  static mediasoup::PipeTransportOptions pipe_options();
  static mediasoup::ConsumerOptions consumer_options(const SharedRouter& router, std::string producer_id);
  static mediasoup::DataProducerOptions sctp_data_producer(std::uint16_t stream_id = 1);
  /// A fingerprint that no certificate has.
  static ortc::DtlsParameters dtls_parameters(ortc::DtlsRole role = ortc::DtlsRole::client);
};

/// Writes down the names of the events of an object, in the order in which they come.
class EventLog {
 public:
  template <class... Args>
  void watch(Signal<Args...>& signal, std::string name) {
    subscriptions_.push_back(signal.connect([this, name](Args...) { names.push_back(name); }));
  }
  std::vector<std::string> names;

 private:
  std::vector<Subscription> subscriptions_;
};

using Names = std::vector<std::string>;

}  // namespace carillon::test
