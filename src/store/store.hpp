// What outlives the process: push subscriptions, people and whom they do not want to hear, the records of calls. An
// interface: sql.hpp has the real one, memory.hpp the fake. Why it is built as it is: docs/decisions/0004-store.md.
#pragma once

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace carillon::store {

template <class T = void>
using Done = std::function<void(Result<T>)>;

/// Where push can reach one device of a person.
struct Subscription {
  std::string id;  ///< Ours.
  UserId user;
  DeviceId device;
  std::string type;     ///< "webpush", "fcm".
  std::string address;  ///< Endpoint or token: unique for its type. A capability: never logged.
  std::string details;  ///< JSON text of the provider: the keys of a Web Push subscription.
  Time used_at;         ///< Registered, or registered again.

  friend bool operator==(const Subscription&, const Subscription&) = default;
};

/// One person's part in a call.
struct PersonRecord {
  UserId user;
  /// May be empty: then history shows the name of save_person(), if he was in the call or its caller.
  std::string name;
  std::string role;  ///< "caller", "callee", "invited".
  std::optional<Time> rang_at, joined_at, left_at;
  Duration in_call{0};
  std::string reason;  ///< How it ended for this person.
  bool missed = false;

  friend bool operator==(const PersonRecord&, const PersonRecord&) = default;
};

/// What remains of a call.
struct CallRecord {
  CallId call;
  RoomId room;
  std::string media;
  Time started_at;
  std::optional<Time> answered_at;  ///< nullopt: nobody answered.
  Time ended_at;
  std::string reason;
  std::vector<PersonRecord> people;  ///< The caller first. Each person once.
  std::string metadata;              ///< JSON text, or empty.
  std::string ledger;                ///< JSON text; empty: nobody knows it.

  friend bool operator==(const CallRecord&, const CallRecord&) = default;
};

/// Entries strictly older than this; those of equal times are ordered by call id, byte by byte.
struct Cursor {
  Time started_at;
  CallId call;

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

struct HistoryQuery {
  UserId user;
  std::optional<Cursor> before;  ///< nullopt: from the newest on.
  std::size_t limit = 50;        ///< At least 1.
  bool missed_only = false;
};

/// Somebody else who was in the call.
struct Party {
  UserId user;
  std::string name;

  friend bool operator==(const Party&, const Party&) = default;
};

/// A call as one person sees it.
struct HistoryEntry {
  CallId call;
  RoomId room;
  std::string media;
  Time started_at;
  std::optional<Time> answered_at;  ///< When this person answered; of an outgoing call: when anybody did.
  Time ended_at;
  std::string reason;  ///< How it ended for this person.
  bool outgoing = false;
  bool missed = false;
  std::vector<Party> with;  ///< The others, in the order of the record, with the names that this person may know.

  friend bool operator==(const HistoryEntry&, const HistoryEntry&) = default;
};

struct HistoryPage {
  std::vector<HistoryEntry> calls;  ///< Newest first.
  std::optional<Cursor> next;       ///< nullopt: this was the last page.
  std::size_t unread = 0;           ///< As of unread().
};

/// Who does not want to hear whom, and who wants to hear from nobody now.
struct Mutes {
  struct Block {
    UserId user;
    UserId whom;

    friend bool operator==(const Block&, const Block&) = default;
  };
  std::vector<Block> blocks;           ///< By user and whom, byte by byte.
  std::vector<UserId> do_not_disturb;  ///< Byte by byte.
};

/// All functions are for the thread of the executor that the store was made with; `done` is called there, later, once.
/// None of them blocks. Errors: `unavailable` (the database is gone, the queue full, the store stopped), `timeout`
/// (somebody waits for the answer and the database has been gone for too long), `too_large`, `bad_request` (the
/// database refuses this data). A store that is destroyed without stop() drops what still waits.
class Store {
 public:
  virtual ~Store() = default;

  // Writes. Acknowledged (`done` with a value) means durable: there after a kill -9. They are grouped; order is kept.

  /// Keeps it; answers its id: that of the subscription with this type and address if there was one (of whatever user),
  /// which takes on all else. More than subscriptions_max of a user: the longest unused go.
  virtual void save_subscription(Subscription subscription, Done<std::string> done) = 0;
  /// False: this user has none of this id.
  virtual void remove_subscription(UserId user, std::string id, Done<bool> done) = 0;
  /// The push service says that this address is gone.
  virtual void forget_address(std::string type, std::string address, Done<> done) = 0;
  /// How this person is called now.
  virtual void save_person(UserId user, std::string name, Done<> done) = 0;
  /// The same call again replaces its record; an empty ledger does not replace one.
  virtual void save_call(CallRecord record, Done<> done) = 0;
  /// Calls that ended up to then are no longer unread. Never moves back.
  virtual void mark_history_read(UserId user, Time until, Done<> done) = 0;
  /// `user` does not want to hear `whom`, or (not `on`) does again.
  virtual void block(UserId user, UserId whom, bool on, Done<> done) = 0;
  virtual void do_not_disturb(UserId user, bool on, Done<> done) = 0;
  /// The value kept under this name; `candidate` is kept first if there is none. For keys that must outlive the
  /// process.
  virtual void secret(std::string name, Secret candidate, Done<Secret> done) = 0;

  // Reads. They see every write acknowledged before, and fail at once while the database is gone. What users ask for,
  // writes too, has room of its own: history() and unread() wait for the other reads.

  /// Those used last come first.
  virtual void subscriptions_of(UserId user, Done<std::vector<Subscription>> done) = 0;
  /// Whether this user has one of this id.
  virtual void has_subscription(UserId user, std::string id, Done<bool> done) = 0;
  virtual void find_call(CallId call, Done<std::optional<CallRecord>> done) = 0;
  virtual void history(HistoryQuery query, Done<HistoryPage> done) = 0;
  /// Missed calls that ended after the mark.
  virtual void unread(UserId user, Done<std::size_t> done) = 0;
  /// Of everybody: it is read once, when the program starts.
  virtual void mutes(Done<Mutes> done) = 0;

  /// Nothing that was asked for is still to be answered. What is not written yet would be lost with the process.
  [[nodiscard]] virtual bool quiet() const { return true; }
  /// Writes wait because the database does not take them.
  [[nodiscard]] virtual bool stalled() const { return false; }
  /// Waits until all that was asked for is written or has failed, at most a few seconds, then closes. What is asked for
  /// from now on fails.
  virtual boost::asio::awaitable<void> stop() = 0;

  static constexpr std::size_t subscriptions_max = 32;
  /// Push services' endpoints are below 1 kB, tokens too. PostgreSQL's index rows end at 2,704 bytes.
  static constexpr std::size_t address_bytes_max = 2048;
};

}  // namespace carillon::store
