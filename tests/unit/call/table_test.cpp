// docs/call-states.md is right: every cell of its tables is what the machine does. To write the tables anew after a
// change of the rules, run this test with CARILLON_WRITE_DOCS=1, and read the difference.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "unit/call/town.hpp"

namespace carillon::call {
namespace {

constexpr const char* page_path = CARILLON_SOURCE_DIR "/docs/call-states.md";
constexpr const char* tables_begin = "<!-- tables begin -->\n";
constexpr const char* tables_end = "<!-- tables end -->\n";

struct State_ {
  std::string name;
  std::function<Town()> make;
};

struct Event_ {
  std::string name;
  std::function<Happened(Town&)> happen;
};

struct Cell {
  std::string next;
  std::string actions;
  friend bool operator==(const Cell&, const Cell&) = default;
};

void PrintTo(const Cell& cell, std::ostream* out) { *out << cell.next << ": " << cell.actions; }

Town grown(Town town, const std::function<void(Town&)>& step) {
  step(town);
  return town;
}

std::vector<State_> states() {
  return {
      {"ringing", [] { return ringing_call(); }},
      {"ringing, callee offline",
       [] {
         Town town;
         town.connect({"alice.phone", "alice.laptop", "dave.phone"});
         EXPECT_TRUE(town.start("alice.phone", {"bob"}).ok());
         return town;
       }},
      {"ringing, caller in grace", [] { return grown(ringing_call(), [](Town& town) { town.lose("alice.phone"); }); }},
      {"active", [] { return accepted_call(); }},
      {"active, callee in grace", [] { return grown(accepted_call(), [](Town& town) { town.lose("bob.phone"); }); }},
      {"group ringing", [] { return ringing_group(); }},
      {"group active, one rings", [] { return grown(ringing_group(), [](Town& town) { town.accept("bob.phone"); }); }},
      {"group active", [] { return accepted_group(); }},
      {"group, one left in it",
       [] {
         return grown(accepted_group(), [](Town& town) {
           town.leave("alice.phone");
           town.leave("carol.phone");
         });
       }},
      {"over", [] { return grown(ringing_call(), [](Town& town) { town.end("alice.phone"); }); }},
  };
}

std::vector<Event_> events() {
  return {
      {"bob.phone: accept-call", [](Town& town) { return town.accept("bob.phone"); }},
      {"bob.laptop: accept-call", [](Town& town) { return town.accept("bob.laptop"); }},
      {"alice.phone: accept-call", [](Town& town) { return town.accept("alice.phone"); }},
      {"bob.phone: decline-call", [](Town& town) { return town.decline("bob.phone"); }},
      {"bob.phone: decline-call busy", [](Town& town) { return town.decline("bob.phone", EndReason::busy); }},
      {"alice.phone: end-call", [](Town& town) { return town.end("alice.phone"); }},
      {"bob.phone: end-call", [](Town& town) { return town.end("bob.phone"); }},
      {"bob.laptop: end-call", [](Town& town) { return town.end("bob.laptop"); }},
      {"alice.phone: end-call everyone", [](Town& town) { return town.end_for_everyone("alice.phone"); }},
      {"bob.phone: end-call everyone", [](Town& town) { return town.end_for_everyone("bob.phone"); }},
      {"dave.phone: end-call everyone, moderator",
       [](Town& town) { return town.end_for_everyone("dave.phone", true); }},
      {"alice.phone: leave-call", [](Town& town) { return town.leave("alice.phone"); }},
      {"bob.phone: leave-call", [](Town& town) { return town.leave("bob.phone"); }},
      {"alice.phone: join-call", [](Town& town) { return town.join("alice.phone"); }},
      {"alice.laptop: join-call", [](Town& town) { return town.join("alice.laptop"); }},
      {"bob.phone: join-call", [](Town& town) { return town.join("bob.phone"); }},
      {"bob.laptop: join-call", [](Town& town) { return town.join("bob.laptop"); }},
      {"dave.phone: join-call", [](Town& town) { return town.join("dave.phone"); }},
      {"alice.phone: invite dave", [](Town& town) { return town.invite("alice.phone", {"dave"}); }},
      {"bob.phone: invite dave", [](Town& town) { return town.invite("bob.phone", {"dave"}); }},
      {"alice.phone: start-call bob", [](Town& town) { return town.start("alice.phone", {"bob"}); }},
      {"alice.laptop: start-call bob", [](Town& town) { return town.start("alice.laptop", {"bob"}); }},
      {"bob.phone: start-call alice", [](Town& town) { return town.start("bob.phone", {"alice"}); }},
      {"bob.laptop: start-call alice", [](Town& town) { return town.start("bob.laptop", {"alice"}); }},
      {"dave.phone: start-call alice into the room",
       [](Town& town) {
         StartCall start = town.to_start("dave.phone", {"alice"});
         start.room = RoomId{"room-1"};
         return town.start(start);
       }},
      {"bob.phone: start-call alice, may not accept",
       [](Town& town) {
         StartCall start = town.to_start("bob.phone", {"alice"});
         start.accept = false;
         return town.start(start);
       }},
      {"dave.phone: start-call alice into the room, may not accept",
       [](Town& town) {
         StartCall start = town.to_start("dave.phone", {"alice"});
         start.room = RoomId{"room-1"};
         start.accept = false;
         return town.start(start);
       }},
      {"alice.phone drops", [](Town& town) { return town.lose("alice.phone"); }},
      {"alice.phone resumes", [](Town& town) { return town.resume("alice.phone"); }},
      {"alice.phone closes", [](Town& town) { return town.close("alice.phone"); }},
      {"bob.phone drops", [](Town& town) { return town.lose("bob.phone"); }},
      {"bob.phone resumes", [](Town& town) { return town.resume("bob.phone"); }},
      {"bob.phone closes", [](Town& town) { return town.close("bob.phone"); }},
      {"bob.watch connects", [](Town& town) { return town.connect("bob.watch"); }},
      {"push reaches one device of bob", [](Town& town) { return town.reached("bob", 1); }},
      {"bob.tablet declines by push", [](Town& town) { return town.declined_by_push("bob.tablet"); }},
      {"10 s pass", [](Town& town) { return town.wait(10s); }},
      {"30 s pass", [](Town& town) { return town.wait(30s); }},
      {"the room fails", [](Town& town) { return town.room_failed(); }},
  };
}

// ---- What the machine does -------------------------------------------------------------------------------------

using Table = std::map<std::string, std::map<std::string, Cell>>;  // by state, by event

std::string place(const Town& town) { return town.current() ? describe(*town.current()) : "over"; }

Cell try_out(const State_& state, const Event_& event, const std::map<std::string, std::string>& names) {
  Town town = state.make();
  const Happened happened = event.happen(town);
  if (!happened.ok()) return {fmt::format("refused: {}", to_string(happened.reply.error().code)), "none"};
  const auto name = names.find(place(town));
  Cell cell{name == names.end() ? place(town) : name->second, "none"};
  if (!happened.actions.empty()) cell.actions = fmt::format("{}", fmt::join(happened.lines(), "<br>"));
  return cell;
}

Table machine_table() {
  std::map<std::string, std::string> names;  // of states, by how they look; the first of its look gives the name
  for (const State_& state : states()) names.emplace(place(state.make()), state.name);
  Table table;
  for (const State_& state : states()) {
    for (const Event_& event : events()) table[state.name][event.name] = try_out(state, event, names);
  }
  return table;
}

// ---- What the page says ------------------------------------------------------------------------------------------

std::string read_page() {
  std::ifstream file{page_path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at; (at = text.find(separator, from)) != std::string::npos; from = at + separator.size()) {
    parts.push_back(text.substr(from, at - from));
  }
  parts.push_back(text.substr(from));
  return parts;
}

/// Rows `| events | next | actions |` below each `### state`; several events in a cell are separated by <br>.
Table page_table(const std::string& page) {
  Table table;
  std::string state;
  const std::size_t begin = page.find(tables_begin);
  const std::size_t end = page.find(tables_end);
  if (begin == std::string::npos || end == std::string::npos) return table;
  for (const std::string& line : split(page.substr(begin, end - begin), "\n")) {
    if (line.starts_with("### ")) state = line.substr(4);
    if (!line.starts_with("| ") || line.starts_with("| Event")) continue;
    const auto cells = split(line.substr(2, line.size() - 4), " | ");
    EXPECT_EQ(cells.size(), 3u) << line;
    if (cells.size() != 3) continue;
    for (const std::string& event : split(cells[0], "<br>")) {
      EXPECT_TRUE(table[state].emplace(event, Cell{cells[1], cells[2]}).second) << state << ": twice: " << event;
    }
  }
  return table;
}

std::string written(const Table& table) {
  std::string text;
  for (const State_& state : states()) {
    text += fmt::format("\n### {}\n\nHere: {}.\n\n| Event | Next state | Actions |\n|---|---|---|\n", state.name,
                        place(state.make()));
    std::vector<std::pair<Cell, std::string>> rows;  // in the order of their first event; refusals last
    for (const bool refused : {false, true}) {
      for (const Event_& event : events()) {
        const Cell& cell = table.at(state.name).at(event.name);
        if (cell.next.starts_with("refused") != refused) continue;
        const auto same = std::ranges::find(rows, cell, &std::pair<Cell, std::string>::first);
        if (same == rows.end()) {
          rows.emplace_back(cell, event.name);
        } else {
          same->second += "<br>" + event.name;
        }
      }
    }
    for (const auto& [cell, names] : rows) text += fmt::format("| {} | {} | {} |\n", names, cell.next, cell.actions);
  }
  return text + "\n";
}

TEST(CallStates, TheTableInTheDocumentIsWhatTheMachineDoes) {
  const Table machine = machine_table();
  std::string page = read_page();
  if (std::getenv("CARILLON_WRITE_DOCS")) {
    const std::size_t begin = page.find(tables_begin) + std::string_view{tables_begin}.size();
    page.replace(begin, page.find(tables_end) - begin, written(machine));
    std::ofstream{page_path} << page;
  }
  const Table documented = page_table(page);
  EXPECT_EQ(documented.size(), machine.size());
  std::size_t cells = 0;
  for (const auto& [state, row] : machine) {
    ASSERT_TRUE(documented.contains(state)) << state;
    EXPECT_EQ(documented.at(state).size(), row.size()) << state;
    for (const auto& [event, cell] : row) {
      ASSERT_TRUE(documented.at(state).contains(event)) << state << " / " << event;
      EXPECT_EQ(documented.at(state).at(event), cell) << state << " / " << event;
      ++cells;
    }
  }
  EXPECT_EQ(cells, states().size() * events().size());
}

}  // namespace
}  // namespace carillon::call
