#include "auth-service/rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "auth-service/time.h"

namespace wayleave::auth::rows {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxFacts = 64 << 10;

template <class Strings>
std::string ListText(const Strings& strings) {
  Json list = Json::array();
  for (const auto& text : strings) list.push_back(text);
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class Map>
std::string MapText(const Map& map) {
  Json object = Json::object();
  for (const auto& [name, value] : map) object[name] = value;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Somebody may have edited the file by hand; what is no list of texts counts as an empty one.
template <class Strings>
void ReadList(const std::string& text, Strings* into) {
  const Json list = Json::parse(text, nullptr, false);
  if (!list.is_array()) return;
  for (const auto& item : list) {
    if (item.is_string()) into->Add(item.get<std::string>());
  }
}

template <class Map>
void ReadMap(const std::string& text, Map* into) {
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) (*into)[name] = value.template get<std::string>();
  }
}

void BindTime(Statement& statement, int index, bool has, const google::protobuf::Timestamp& time) {
  has ? statement.Integer(index, ToNanos(time)) : statement.Null(index);
}

void BindUsage(Statement& statement, int index, const v1::Settlement& settlement) {
  const auto& usage = settlement.usage();
  const std::int64_t counts[] = {usage.input_tokens(), usage.cached_input_tokens(), usage.output_tokens(),
                                 usage.reasoning_tokens(), usage.total_tokens()};
  for (const std::int64_t count : counts) {
    settlement.has_usage() ? statement.Integer(index, count) : statement.Null(index);
    ++index;
  }
}

void ReadUsage(const Statement& row, int column, v1::Settlement& into) {
  if (row.IsNull(column)) return;
  auto& usage = *into.mutable_usage();
  usage.set_input_tokens(row.IntegerAt(column));
  usage.set_cached_input_tokens(row.IntegerAt(column + 1));
  usage.set_output_tokens(row.IntegerAt(column + 2));
  usage.set_reasoning_tokens(row.IntegerAt(column + 3));
  usage.set_total_tokens(row.IntegerAt(column + 4));
}

}  // namespace

void BindKey(Statement& statement, const StoredKey& stored) {
  const v1::Key& key = stored.key;
  statement.Text(1, key.id()).Bytes(2, crypto::AsView(stored.digest)).Text(3, key.name()).Text(4, key.tenant());
  statement.Text(5, key.user()).Text(6, key.prefix()).Integer(7, ToNanos(key.created_at()));
  BindTime(statement, 8, key.has_expires_at(), key.expires_at());
  BindTime(statement, 9, key.has_revoked_at(), key.revoked_at());
  statement.Text(10, ListText(key.roles())).Text(11, MapText(key.labels())).Text(12, ListText(key.models()));
}

StoredKey KeyAt(const Statement& row) {
  StoredKey stored;
  v1::Key& key = stored.key;
  key.set_id(row.TextAt(0));
  const std::string digest = row.TextAt(1);
  std::copy_n(digest.begin(), std::min(digest.size(), stored.digest.size()), stored.digest.begin());
  key.set_name(row.TextAt(2));
  key.set_tenant(row.TextAt(3));
  key.set_user(row.TextAt(4));
  key.set_prefix(row.TextAt(5));
  *key.mutable_created_at() = TimestampOf(row.IntegerAt(6));
  if (!row.IsNull(7)) *key.mutable_expires_at() = TimestampOf(row.IntegerAt(7));
  if (!row.IsNull(8)) *key.mutable_revoked_at() = TimestampOf(row.IntegerAt(8));
  ReadList(row.TextAt(9), key.mutable_roles());
  ReadMap(row.TextAt(10), key.mutable_labels());
  ReadList(row.TextAt(11), key.mutable_models());
  return stored;
}

void BindSettlement(Statement& statement, const v1::Settlement& settlement, Time now) {
  statement.Text(1, settlement.reservation_id()).Text(2, settlement.request_id()).Text(3, settlement.tenant());
  statement.Text(4, settlement.user()).Text(5, settlement.key_id()).Text(6, settlement.endpoint());
  statement.Text(7, settlement.model()).Text(8, settlement.provider()).Text(9, settlement.upstream_model());
  statement.Integer(10, ToNanos(settlement.started_at())).Integer(11, ToNanos(settlement.duration()));
  const bool answered = settlement.has_time_to_first_event();
  answered ? statement.Integer(12, ToNanos(settlement.time_to_first_event())) : statement.Null(12);
  statement.Integer(13, settlement.outcome());
  BindUsage(statement, 14, settlement);
  statement.Integer(19, settlement.estimated()).Integer(20, settlement.cost_nano_usd()).Integer(21, ToNanos(now));
  const std::string& facts = settlement.route_facts();
  const bool kept = !facts.empty() && facts.size() <= kMaxFacts;
  kept ? statement.Bytes(22, facts) : statement.Null(22);
}

v1::Settlement SettlementAt(const Statement& row) {
  v1::Settlement settlement;
  settlement.set_reservation_id(row.TextAt(0));
  settlement.set_request_id(row.TextAt(1));
  settlement.set_tenant(row.TextAt(2));
  settlement.set_user(row.TextAt(3));
  settlement.set_key_id(row.TextAt(4));
  settlement.set_endpoint(row.TextAt(5));
  settlement.set_model(row.TextAt(6));
  settlement.set_provider(row.TextAt(7));
  settlement.set_upstream_model(row.TextAt(8));
  *settlement.mutable_started_at() = TimestampOf(row.IntegerAt(9));
  *settlement.mutable_duration() = DurationOf(row.IntegerAt(10));
  if (!row.IsNull(11)) *settlement.mutable_time_to_first_event() = DurationOf(row.IntegerAt(11));
  settlement.set_outcome(static_cast<v1::Outcome>(row.IntegerAt(12)));
  ReadUsage(row, 13, settlement);
  settlement.set_estimated(row.IntegerAt(18) != 0);
  settlement.set_cost_nano_usd(row.IntegerAt(19));
  settlement.set_route_facts(row.TextAt(21));
  return settlement;
}

}  // namespace wayleave::auth::rows
