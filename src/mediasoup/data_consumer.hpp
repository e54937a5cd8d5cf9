// DataConsumer: one data producer's messages on their way to one endpoint. Made by Transport::consume_data().
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
#include <span>
#include <string>
#include <vector>

namespace carillon::mediasoup {

/// The first three are taken from the data producer when missing; a DirectTransport does not look at them.
struct DataConsumerOptions {
  std::string data_producer_id;
  std::optional<bool> ordered;
  std::optional<std::uint16_t> max_packet_life_time;  // ms; makes it unordered
  std::optional<std::uint16_t> max_retransmits;       // makes it unordered
  bool paused = false;
  std::vector<std::uint16_t> subchannels;
  boost::json::object app_data;
};

class DataConsumer : public std::enable_shared_from_this<DataConsumer> {
 public:
  /// What Transport::consume_data() knows once the worker has said yes.
  struct Data {
    std::string id;
    std::string transport_id;
    std::string data_producer_id;
    DataType type = DataType::sctp;
    std::optional<ortc::SctpStreamParameters> sctp_stream_parameters;
    std::string label;
    std::string protocol;
    bool paused = false;
    bool data_producer_paused = false;
    std::vector<std::uint16_t> subchannels;
    /// Tells the transport that this data consumer is over, by close() or with its producer.
    std::function<void()> on_over;
  };

  DataConsumer(std::shared_ptr<Channel> channel, Data data, boost::json::object app_data);
  DataConsumer(const DataConsumer&) = delete;
  DataConsumer& operator=(const DataConsumer&) = delete;
  ~DataConsumer();

  [[nodiscard]] const std::string& id() const { return data_.id; }
  [[nodiscard]] const std::string& data_producer_id() const { return data_.data_producer_id; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] DataType type() const { return data_.type; }
  [[nodiscard]] const std::optional<ortc::SctpStreamParameters>& sctp_stream_parameters() const {
    return data_.sctp_stream_parameters;
  }
  [[nodiscard]] const std::string& label() const { return data_.label; }
  [[nodiscard]] const std::string& protocol() const { return data_.protocol; }
  [[nodiscard]] bool paused() const { return data_.paused; }
  [[nodiscard]] bool data_producer_paused() const { return data_.data_producer_paused; }
  [[nodiscard]] const std::vector<std::uint16_t>& subchannels() const { return data_.subchannels; }

  void close();

  [[nodiscard]] asio::awaitable<Result<boost::json::value>> dump();
  [[nodiscard]] asio::awaitable<Result<boost::json::value>> get_stats();
  [[nodiscard]] asio::awaitable<Result<>> pause();
  [[nodiscard]] asio::awaitable<Result<>> resume();
  /// `on_buffered_amount_low` comes when what waits falls to this many bytes.
  [[nodiscard]] asio::awaitable<Result<>> set_buffered_amount_low_threshold(std::uint32_t threshold);
  [[nodiscard]] asio::awaitable<Result<std::uint32_t>> get_buffered_amount();
  /// A message of this program to the endpoint, past the data producer. Answers how many bytes wait to be sent.
  [[nodiscard]] asio::awaitable<Result<std::uint32_t>> send(DataMessage message);
  [[nodiscard]] asio::awaitable<Result<>> set_subchannels(std::vector<std::uint16_t> subchannels);
  [[nodiscard]] asio::awaitable<Result<>> add_subchannel(std::uint16_t subchannel);
  [[nodiscard]] asio::awaitable<Result<>> remove_subchannel(std::uint16_t subchannel);

  /// For its Transport only: the parent ended, and the worker knows.
  void on_transport_closed();
  /// For its Transport only: worker.hpp says when. In `data` stands what the transport knows: its id, whom to tell of
  /// the end, and the SCTP stream.
  [[nodiscard]] boost::json::object save() const;
  static std::shared_ptr<DataConsumer> restore(std::shared_ptr<Channel> channel, const Saved& saved, Data data);

  // The events of the package's DataConsumer and those of its `observer`.
  Signal<> on_transport_close;      ///< Its transport ended, so this did too.
  Signal<> on_data_producer_close;  ///< Its data producer ended, so this did too.
  Signal<> on_data_producer_pause;
  Signal<> on_data_producer_resume;
  Signal<> on_close;   ///< Over, whoever ended it; comes last.
  Signal<> on_pause;   ///< No messages from now on, whether the consumer or its producer was paused.
  Signal<> on_resume;  ///< Neither of the two is paused any more.
  Signal<std::span<const std::uint8_t>, std::uint32_t>
      on_message;  ///< Bytes and ppid, on a DirectTransport; valid during the call only.
  Signal<> on_sctp_send_buffer_full;
  Signal<std::uint32_t> on_buffered_amount_low;  ///< Bytes that still wait.

  boost::json::object app_data;

 private:
  void on_notification(const Notification& notification);
  void on_data_producer_closed();
  void on_data_producer_paused(bool paused);
  [[nodiscard]] Result<> check_open() const;
  asio::awaitable<Result<>> set_paused(bool paused);

  std::shared_ptr<Channel> channel_;
  Data data_;
  bool closed_ = false;
  Channel::Listening listening_;
};

}  // namespace carillon::mediasoup
