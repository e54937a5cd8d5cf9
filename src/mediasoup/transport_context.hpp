// What a transport is given by the router that makes it. Internal to this folder: users never see it.
//
// The router sends the create request, checks the answer and then calls, for each kind X of transport,
//   std::shared_ptr<X> X::make(TransportContext context, const Response& response, const FBS::X::DumpResponse& dump)
// which must not wait: the notifications of the new transport are delivered only after it has returned.
#pragma once

#include "mediasoup/channel/channel.hpp"
#include "mediasoup/ortc/rtp_parameters.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <string>

namespace carillon::mediasoup {

class DataProducer;
class Producer;

/// What a transport asks of its router, and tells it. The router implements it.
class TransportHost {
 public:
  virtual ~TransportHost() = default;

  [[nodiscard]] virtual const ortc::RtpCapabilities& router_rtp_capabilities() const = 0;
  /// Of the whole router, not only of one transport; nullptr when there is none (any more).
  [[nodiscard]] virtual std::shared_ptr<Producer> producer_by_id(const std::string& id) const = 0;
  [[nodiscard]] virtual std::shared_ptr<DataProducer> data_producer_by_id(const std::string& id) const = 0;

  virtual void on_new_producer(std::shared_ptr<Producer> producer) = 0;
  virtual void on_new_data_producer(std::shared_ptr<DataProducer> data_producer) = 0;
  /// By itself, or with its transport when that was closed or lost its listen server. Not when the router itself ended.
  virtual void on_producer_closed(const std::string& id) = 0;
  virtual void on_data_producer_closed(const std::string& id) = 0;
  /// After Transport::close() and on_listen_server_closed(), not after on_router_closed().
  virtual void on_transport_closed(const std::string& id) = 0;
};

struct TransportContext {
  std::shared_ptr<Channel> channel;
  /// Gone once the router is: then nothing can be asked and there is nobody to tell.
  std::weak_ptr<TransportHost> router;
  std::string router_id;
  std::string transport_id;
  boost::json::object app_data;
};

}  // namespace carillon::mediasoup
