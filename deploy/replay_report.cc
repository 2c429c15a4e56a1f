#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "deploy/replay.h"

namespace wayleave::deploy {
namespace {

using Row = std::pair<std::pair<std::string, std::string>, Replay::Move>;

bool Moved(const Row& row) { return row.first.first != row.first.second || row.first.first == "(others)"; }

// What would move first, and of that the most frequent.
std::vector<Row> Sorted(const Replay::Moves& moves) {
  std::vector<Row> rows(moves.begin(), moves.end());
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return Moved(a) != Moved(b) ? Moved(a) : a.second.requests > b.second.requests;
  });
  return rows;
}

double Usd(std::int64_t nano) { return static_cast<double>(nano) / 1e9; }

std::string Then(const Replay::Move& move) {
  if (move.unpriced == 0) return fmt::format("{:.6f}", Usd(move.then));
  if (move.unpriced == move.requests) return "no price";
  return fmt::format("{:.6f} + {} unpriced", Usd(move.then), move.unpriced);
}

std::int64_t CountMoved(const Replay::Moves& moves) {
  std::int64_t count = 0;
  for (const Row& row : Sorted(moves)) count += Moved(row) ? row.second.requests : 0;
  return count;
}

}  // namespace

std::string AsTable(const Replay& replay) {
  const std::vector<Row> rows = Sorted(replay.moves());
  std::size_t from = 10, to = 10;
  for (const Row& row : rows) {
    from = std::max(from, row.first.first.size());
    to = std::max(to, row.first.second.size());
  }
  std::string out = fmt::format("{:<{}}  {:<{}}  {:>9}  {:>14}  {}\n", "TARGET NOW", from, "TARGET THEN", to + 1,
                                "REQUESTS", "RECORDED USD", "THEN USD");
  for (const Row& row : rows) {
    out += fmt::format("{:<{}}  {:<{}}  {:>9}  {:>14.6f}  {}\n", row.first.first, from,
                       Moved(row) ? row.first.second : "same", to + 1, row.second.requests, Usd(row.second.recorded),
                       Then(row.second));
  }
  const Replay::Move total = replay.Total();
  out += fmt::format("\n{} of {} requests would go elsewhere.\n", CountMoved(replay.moves()), total.requests);
  out += fmt::format("Recorded ${:.6f}, then ${:.6f}: {}${:.6f}.\n", Usd(total.recorded), Usd(total.then),
                     total.then < total.recorded ? "-" : "+", Usd(std::abs(total.then - total.recorded)));
  if (total.unpriced > 0) {
    out += fmt::format("No price is known for the new targets of {} of them: those count as nothing.\n", total.unpriced);
  }
  if (replay.without_facts() > 0) {
    out += fmt::format("Left out, because their records hold no facts of the decision: {}.\n", replay.without_facts());
  }
  return out;
}

std::string AsJson(const Replay& replay) {
  const auto entry = [](const Replay::Move& move) {
    return nlohmann::ordered_json{{"requests", move.requests},
                                  {"recorded_usd", Usd(move.recorded)},
                                  {"then_usd", Usd(move.then)},
                                  {"unpriced_requests", move.unpriced}};
  };
  nlohmann::ordered_json moves = nlohmann::ordered_json::array();
  for (const Row& row : Sorted(replay.moves())) {
    nlohmann::ordered_json move{{"from", row.first.first}, {"to", row.first.second}};
    move.update(entry(row.second));
    moves.push_back(std::move(move));
  }
  nlohmann::ordered_json total = entry(replay.Total());
  total["moved_requests"] = CountMoved(replay.moves());
  total["difference_usd"] = Usd(replay.Total().then - replay.Total().recorded);
  return nlohmann::ordered_json{{"moves", moves}, {"total", total}, {"without_facts", replay.without_facts()}}.dump(
             2, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

}  // namespace wayleave::deploy
