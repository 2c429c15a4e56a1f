// What was used, as it stands in the store.
import { until } from './wait.mjs';

async function settled(fleet) {
  for (const member of fleet.replicas('gateway')) {
    const pending = await fleet.metric(member, 'wayleave_gateway_journal_pending');
    if (pending !== 0) throw new Error(`${member} has ${pending} records`);
  }
}

// All records, once the journals are settled and the requests of these ids are among them: a client may have its answer,
// or be gone, before the journal knows.
export const records = (fleet, columns, ids) =>
  until(async () => {
    await settled(fleet);
    const rows = await fleet.store.rows(`select request_id, ${columns} from usage`);
    const found = new Set(rows.map((row) => row.request_id));
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length) throw new Error(`${missing.length} are not on record, like ${missing[0]}`);
    return rows;
  }, 'the records');
