#include "auth-service/settling.h"

#include <utility>

#include "auth-service/audit/trail.h"

namespace wayleave::auth {
namespace {

constexpr std::chrono::seconds kUseInterval{60};
constexpr std::size_t kMostKeys = 100'000;

// For a request that nobody reserved for, or before there was a budget: the budgets of its time.
v1::Grant GrantFor(const v1::Settlement& settlement, const KeyTable& table) {
  v1::Principal principal;
  principal.set_tenant(settlement.tenant());
  principal.set_user(settlement.user());
  principal.set_key_id(settlement.key_id());
  v1::Grant grant;
  for (const Demand& demand : BudgetsOf(table.AccountsOf(principal), TimeOf(ToNanos(settlement.started_at())))) {
    v1::Charge& charge = *grant.add_charges();
    charge.set_budget(demand.pool.id);
    charge.set_period(demand.pool.period);
  }
  return grant;
}

}  // namespace

struct Settling::Batch {
  const v1::SettleRequest& request;
  std::shared_ptr<const KeyTable> table;
  Time now;
  v1::SettleResponse response;
  std::vector<v1::Grant> grants;
  std::vector<std::vector<std::int64_t>> from_leases;
  std::optional<till::Charging> charging;
  std::optional<Trail::Job> trail;
};

void Settling::Record(const v1::SettleRequest& request, std::shared_ptr<const KeyTable> table, Time now,
                      std::function<void(Result<v1::SettleResponse>)> done) {
  auto batch = std::make_shared<Batch>(Batch{request, std::move(table), now, {}, {}, {}, {}, {}});
  auto job = [this, batch](Changes& changes) { return Write(changes, *batch); };
  store_.Write(std::move(job), [this, batch, done = std::move(done)](Status status) {
    if (!status) return done(std::move(status).error());
    for (int i = 0; i < batch->request.settlements_size(); ++i) {
      const auto index = static_cast<std::size_t>(i);
      ledger_.Settled(batch->request.settlements(i), batch->grants[index], batch->from_leases[index]);
    }
    done(std::move(batch->response));
  });
}

Status Settling::Write(Changes& changes, Batch& batch) {
  const auto count = static_cast<std::size_t>(batch.request.settlements_size());
  batch.response.Clear();
  batch.grants.assign(count, {});
  batch.from_leases.assign(count, {});
  batch.charging.emplace(changes);
  batch.trail.emplace(changes);
  for (std::size_t i = 0; i < count; ++i) {
    if (Status written = WriteOne(changes, batch, i); !written) return written;
  }
  return batch.charging->Finish();
}

Status Settling::WriteOne(Changes& changes, Batch& batch, std::size_t index) {
  const v1::Settlement& settlement = batch.request.settlements(static_cast<int>(index));
  const Result<bool> is_new = changes.Record(settlement, batch.now);
  if (!is_new) return is_new.error();
  if (Status told = Tell(changes, settlement); !told) return told;
  if (!*is_new) {
    batch.response.set_duplicates(batch.response.duplicates() + 1);
    return {};
  }
  batch.response.set_recorded(batch.response.recorded() + 1);
  const v1::Grant& grant = batch.grants[index] = GrantOf(settlement, *batch.table);
  if (Status charged = batch.charging->Add(settlement, grant, batch.from_leases[index]); !charged) return charged;
  if (audits_) {
    if (Status told = batch.trail->Append(RequestEvent(settlement, batch.now)); !told) return told;
  }
  return NoteUse(changes, settlement);
}

// Whoever holds it may have recorded it and never heard that it did, so it is told of repeats, too.
Status Settling::Tell(Changes& changes, const v1::Settlement& settlement) const {
  const std::string& holder = settlement.grant().holder();
  if (holder.empty() || holder == ledger_.holder()) return {};
  const std::int64_t tokens = settlement.usage().input_tokens() + settlement.usage().output_tokens();
  return changes.AddRelease(holder, {settlement.reservation_id(), settlement.cost_nano_usd(), tokens});
}

// Whoever reserved here and does not say so is charged where it is held all the same.
v1::Grant Settling::GrantOf(const v1::Settlement& settlement, const KeyTable& table) const {
  if (settlement.has_grant()) return settlement.grant();
  std::optional<v1::Grant> held = ledger_.GrantOf(settlement.reservation_id());
  return held ? std::move(*held) : GrantFor(settlement, table);
}

Status Settling::NoteUse(Changes& changes, const v1::Settlement& settlement) {
  const Time at = TimeOf(ToNanos(settlement.started_at()));
  if (settlement.key_id().empty()) return {};
  if (key_used_.size() >= kMostKeys) key_used_.clear();
  Time& written = key_used_[settlement.key_id()];
  if (at - written < kUseInterval) return {};
  written = at;
  return changes.KeyUsed(settlement.key_id(), at);
}

}  // namespace wayleave::auth
