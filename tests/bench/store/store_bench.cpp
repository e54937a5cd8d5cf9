// What a record costs, grouped with others in a transaction and in one of its own, in turns; and how long a page of
// history takes among many records. Usage: store_bench [--records N] [postgresql://...]
// The database must be empty; without a URL it is an SQLite file in a temporary folder.
#include "store/sql.hpp"
#include "store/sql/database.hpp"
#include "support/temporary_folder.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::store {
namespace {

using Clock = std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;

constexpr int rounds = 5;
constexpr int writes = 1000;

double cpu_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

struct Cost {
  double cpu_ms = 0;
  double wall_ms = 0;
};

CallRecord record(int number) {
  CallRecord record;
  record.call = CallId{fmt::format("bench-{}", number)};
  record.room = RoomId{"room"};
  record.media = "video";
  record.started_at = record.ended_at = from_ms(1'800'000'000'000 + number);
  record.reason = "hangup";
  record.ledger = std::string(1000, 'l');
  record.people.resize(2);
  record.people[0].user = UserId{"bench-a"};
  record.people[1].user = UserId{"bench-b"};
  return record;
}

class Bench {
 public:
  explicit Bench(SqlConfig config) {
    auto opened = open_sql(std::move(config), loop_.get_executor(), Logger{});
    if (!opened) throw std::runtime_error(opened.error().detail);
    store_ = std::move(*opened);
  }

  /// `at_once`: so many wait at any time; 1: each has a transaction of its own.
  Cost write(int at_once) {
    const auto start = Clock::now();
    const double cpu = cpu_ms();
    int asked = 0;
    std::function<void()> ask = [&] {
      if (asked == writes) return;
      ++asked;
      store_->save_call(record(next_++), [&](const Result<>& result) {
        if (!result) throw std::runtime_error(result.error().detail);
        ask();
      });
    };
    for (int i = 0; i < at_once; ++i) ask();
    loop_.restart();
    loop_.run();
    return {cpu_ms() - cpu, Millis{Clock::now() - start}.count()};
  }

  double page_ms(const UserId& user) {
    const auto start = Clock::now();
    store_->history({user}, [&](const Result<HistoryPage>& page) {
      if (!page || page->calls.empty()) throw std::runtime_error("no history");
    });
    loop_.restart();
    loop_.run();
    return Millis{Clock::now() - start}.count();
  }

 private:
  boost::asio::io_context loop_;
  std::unique_ptr<Store> store_;
  int next_ = 0;
};

/// Ten calls for each user, with the next user.
void fill(const SqlConfig& config, int records) {
  const auto connection = Database::from(config).value().open_writer();
  const std::string numbers =
      fmt::format("with recursive n(i) as (select 0 union all select i + 1 from n where i < {})", records - 1);
  const int users = std::max(records / 10, 2);
  connection->begin();
  connection->execute("insert into calls (call_id, room_id, media, started_at, ended_at, reason, metadata, ledger) " +
                      numbers + " select 'f' || i, 'room', 'video', i, i + 1000, 'hangup', '', '[]' from n");
  for (const int position : {0, 1}) {
    connection->execute(
        fmt::format("insert into call_people (call_id, user_id, position, name, role, in_call_ms, reason, missed, "
                    "started_at, ended_at) {}"
                    " select 'f' || i, 'u' || ((i + {}) % {}), {}, 'Name', '{}', 1000, 'hangup', 0, i, i + 1000 from n",
                    numbers, position, users, position, position == 0 ? "caller" : "callee"));
  }
  connection->commit();
  connection->execute("analyze");
}

void print_pages(Bench& bench, int records) {
  std::minstd_rand random{9};
  std::vector<double> times;
  for (int i = 0; i < 2000; ++i) {
    times.push_back(
        bench.page_ms(UserId{fmt::format("u{}", random() % static_cast<unsigned>(std::max(records / 10, 2)))}));
  }
  std::sort(times.begin(), times.end());
  fmt::print("a page of history among {} records: p50 {:.2f} ms, p99 {:.2f} ms\n", records, times[1000], times[1980]);
}

void run(SqlConfig config, int records) {
  fill(config, records);
  Bench bench{config};
  std::vector<double> cpu_ratios;
  std::vector<double> wall_ratios;
  for (int round = 0; round < rounds; ++round) {
    const Cost single = bench.write(1);
    const Cost grouped = bench.write(200);
    fmt::print("{} records: one each {:.0f} ms, {:.0f} ms CPU; grouped {:.0f} ms, {:.0f} ms CPU\n", writes,
               single.wall_ms, single.cpu_ms, grouped.wall_ms, grouped.cpu_ms);
    cpu_ratios.push_back(grouped.cpu_ms / single.cpu_ms);
    wall_ratios.push_back(grouped.wall_ms / single.wall_ms);
  }
  std::sort(cpu_ratios.begin(), cpu_ratios.end());
  std::sort(wall_ratios.begin(), wall_ratios.end());
  fmt::print("grouped / one each, median of {}: CPU of this process {:.2f}, time {:.3f}\n", rounds,
             cpu_ratios[rounds / 2], wall_ratios[rounds / 2]);
  print_pages(bench, records);
}

}  // namespace
}  // namespace carillon::store

int main(int count, char** arguments) {
  carillon::store::SqlConfig config;
  int records = 100'000;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--records" && i + 1 < count) {
      records = std::stoi(arguments[++i]);
    } else {
      config.database = argument;
    }
  }
  try {
    const carillon::TemporaryFolder folder;
    config.data_dir = folder.str();
    carillon::store::run(config, records);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
