#include "auth-service/store/rows.h"

#include <google/protobuf/util/json_util.h>

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

std::string TermsText(const v1::Terms& terms) {
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  (void)google::protobuf::util::MessageToJsonString(terms, &text, options);
  return text;
}

// What can't be read is not taken for "everything is allowed": nothing is.
v1::Terms TermsOf(const std::string& text) {
  v1::Terms terms;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!google::protobuf::util::JsonStringToMessage(text, &terms, options).ok()) {
    terms.Clear();
    terms.add_endpoints("nothing: its terms in the database can't be read");
  }
  return terms;
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

Result<std::optional<Pool>> ReadPool(Statement& statement, const PoolId& pool) {
  const Result<bool> row = statement.Text(1, pool.id).Integer(2, pool.period).Step();
  if (!row) return row.error();
  if (!*row) return std::optional<Pool>();
  const Pool read{statement.IntegerAt(0), statement.IntegerAt(1), statement.IntegerAt(2)};
  statement.Reset();
  return std::optional(read);
}

std::string Places(const std::string& columns) {
  const auto count = std::count(columns.begin(), columns.end(), ',') + 1;
  std::string places;
  for (int i = 1; i <= count; ++i) places += (i > 1 ? ", ?" : "?") + std::to_string(i);
  return places;
}

void BindKey(Statement& statement, const StoredKey& stored) {
  const v1::Key& key = stored.key;
  statement.Text(1, key.id()).Bytes(2, crypto::AsView(stored.digest)).Text(3, key.name()).Text(4, key.tenant());
  statement.Text(5, key.user()).Text(6, key.prefix()).Integer(7, ToNanos(key.created_at()));
  BindTime(statement, 8, key.has_expires_at(), key.expires_at());
  BindTime(statement, 9, key.has_revoked_at(), key.revoked_at());
  statement.Text(10, ListText(key.roles())).Text(11, MapText(key.labels())).Text(12, ListText(key.models()));
  statement.Text(13, TermsText(key.terms())).Text(14, ListText(key.scopes())).Text(15, key.rotated_to());
}

void BindKeyChange(Statement& statement, const v1::Key& key) {
  statement.Text(1, key.id()).Text(2, key.name()).Text(3, key.tenant()).Text(4, key.user());
  BindTime(statement, 5, key.has_expires_at(), key.expires_at());
  BindTime(statement, 6, key.has_revoked_at(), key.revoked_at());
  statement.Text(7, ListText(key.models())).Text(8, TermsText(key.terms())).Text(9, ListText(key.scopes()));
  statement.Text(10, key.rotated_to());
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
  *key.mutable_terms() = TermsOf(row.TextAt(12));
  ReadList(row.TextAt(13), key.mutable_scopes());
  key.set_rotated_to(row.TextAt(14));
  if (!row.IsNull(15)) *key.mutable_last_used_at() = TimestampOf(row.IntegerAt(15));
  return stored;
}

void BindTenant(Statement& statement, const v1::Tenant& tenant) {
  statement.Text(1, tenant.name()).Text(2, TermsText(tenant.terms())).Integer(3, ToNanos(tenant.created_at()));
  BindTime(statement, 4, tenant.has_suspended_at(), tenant.suspended_at());
  statement.Text(5, tenant.suspended_because()).Text(6, tenant.content_key()).Text(7, TermsText(tenant.user_terms()));
}

v1::Tenant TenantAt(const Statement& row) {
  v1::Tenant tenant;
  tenant.set_name(row.TextAt(0));
  *tenant.mutable_terms() = TermsOf(row.TextAt(1));
  *tenant.mutable_created_at() = TimestampOf(row.IntegerAt(2));
  if (!row.IsNull(3)) *tenant.mutable_suspended_at() = TimestampOf(row.IntegerAt(3));
  tenant.set_suspended_because(row.TextAt(4));
  tenant.set_content_key(row.TextAt(5));
  const std::string user_terms = row.TextAt(6);
  if (user_terms != "{}") *tenant.mutable_user_terms() = TermsOf(user_terms);
  return tenant;
}

void BindUser(Statement& statement, const v1::User& user) {
  statement.Text(1, user.tenant()).Text(2, user.name()).Text(3, TermsText(user.terms()));
  BindTime(statement, 4, user.has_suspended_at(), user.suspended_at());
  statement.Text(5, user.suspended_because());
}

v1::User UserAt(const Statement& row) {
  v1::User user;
  user.set_tenant(row.TextAt(0));
  user.set_name(row.TextAt(1));
  *user.mutable_terms() = TermsOf(row.TextAt(2));
  if (!row.IsNull(3)) *user.mutable_suspended_at() = TimestampOf(row.IntegerAt(3));
  user.set_suspended_because(row.TextAt(4));
  return user;
}

void BindAudit(Statement& statement, const Changes::AuditRow& record) {
  statement.Text(1, record.chain).Integer(2, record.sequence).Integer(3, ToNanos(record.at)).Text(4, record.kind);
  statement.Text(5, record.tenant).Text(6, record.body).Bytes(7, record.hash);
}

Changes::AuditRow AuditAt(const Statement& row) {
  return {row.TextAt(0), row.IntegerAt(1), TimeOf(row.IntegerAt(2)), row.TextAt(3),
          row.TextAt(4), row.TextAt(5),    row.TextAt(6)};
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
  statement.Text(23, settlement.session()).Integer(24, settlement.images());
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
  settlement.set_session(row.TextAt(22));
  settlement.set_images(static_cast<int>(row.IntegerAt(23)));
  return settlement;
}

void BindContent(Statement& statement, const v1::Settlement& settlement) {
  statement.Text(1, settlement.reservation_id()).Text(2, settlement.tenant());
  statement.Integer(3, ToNanos(settlement.started_at())).Bytes(4, settlement.content());
}

KeptContent ContentAt(const Statement& row) {
  return {row.TextAt(0), row.TextAt(1), TimeOf(row.IntegerAt(2)), row.TextAt(3)};
}

}  // namespace wayleave::auth::rows
