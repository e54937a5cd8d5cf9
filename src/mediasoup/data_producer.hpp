// DataProducer: one source of data messages (an SCTP stream, or this program through a DirectTransport). Made by
// Transport::produce_data().
#pragma once

#include "base/result.hpp"
#include "base/signal.hpp"
#include "mediasoup/channel/channel.hpp"
#include "mediasoup/data_message.hpp"
#include "mediasoup/ortc/sctp_parameters.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::mediasoup {

struct DataProducerOptions {
  std::optional<std::string> id;  // given by pipe_to_router(), which keeps the id on the other side; else a new UUID
  std::optional<ortc::SctpStreamParameters> sctp_stream_parameters;  // needed, except on a DirectTransport
  std::string label;                                                 // of the DataChannel
  std::string protocol;                                              // of the DataChannel
  bool paused = false;
  boost::json::object app_data;
};

class DataProducer : public std::enable_shared_from_this<DataProducer> {
 public:
  /// What Transport::produce_data() knows once the worker has said yes.
  struct Data {
    std::string id;
    std::string transport_id;
    DataType type = DataType::sctp;
    std::optional<ortc::SctpStreamParameters> sctp_stream_parameters;
    std::string label;
    std::string protocol;
    bool paused = false;
    /// Tells the transport that this data producer closed itself.
    std::function<void()> on_closed_itself;
  };

  DataProducer(std::shared_ptr<Channel> channel, Data data, boost::json::object app_data);
  DataProducer(const DataProducer&) = delete;
  DataProducer& operator=(const DataProducer&) = delete;

  [[nodiscard]] const std::string& id() const { return data_.id; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] DataType type() const { return data_.type; }
  [[nodiscard]] const std::optional<ortc::SctpStreamParameters>& sctp_stream_parameters() const {
    return data_.sctp_stream_parameters;
  }
  [[nodiscard]] const std::string& label() const { return data_.label; }
  [[nodiscard]] const std::string& protocol() const { return data_.protocol; }
  [[nodiscard]] bool paused() const { return data_.paused; }

  void close();

  [[nodiscard]] asio::awaitable<Result<boost::json::value>> dump();
  [[nodiscard]] asio::awaitable<Result<boost::json::value>> get_stats();
  [[nodiscard]] asio::awaitable<Result<>> pause();
  [[nodiscard]] asio::awaitable<Result<>> resume();

  /// Who gets a message: consumers of one of `subchannels` (empty: all) that also have `required` and do not have
  /// `ignored`.
  struct Subchannels {
    std::vector<std::uint16_t> subchannels;
    std::optional<std::uint16_t> required;
    std::optional<std::uint16_t> ignored;
  };
  /// One message of this program; only for a data producer of a DirectTransport. The worker does not answer.
  Result<> send(const DataMessage& message) { return send(message, {}); }
  Result<> send(const DataMessage& message, const Subchannels& to);

  /// For its Transport only: the parent ended, and the worker knows.
  void on_transport_closed();
  /// For its Transport only: worker.hpp says when.
  [[nodiscard]] boost::json::object save() const;
  static std::shared_ptr<DataProducer> restore(std::shared_ptr<Channel> channel, const Saved& saved, Data data);

  // The events of the package's DataProducer and those of its `observer`.
  Signal<> on_transport_close;  ///< Its transport ended, so this did too.
  Signal<> on_close;            ///< Over, whoever ended it; comes last.
  Signal<> on_pause;
  Signal<> on_resume;

  boost::json::object app_data;

 private:
  [[nodiscard]] Result<> check_open() const;
  asio::awaitable<Result<>> set_paused(bool paused);

  std::shared_ptr<Channel> channel_;
  Data data_;
  bool closed_ = false;
};

}  // namespace carillon::mediasoup
