#pragma once

// The methods of auth.v1.AdminService, by name: X(CreateTenant) stands for CreateTenantRequest and CreateTenantResponse,
// too. Whoever adds one adds it here and to Desk.
#define WAYLEAVE_ADMIN_METHODS(X) \
  X(CreateTenant)                 \
  X(UpdateTenant)                 \
  X(ListTenants)                  \
  X(SuspendTenant)                \
  X(PutUser)                      \
  X(ListUsers)                    \
  X(SuspendUser)                  \
  X(CreateKey)                    \
  X(ListKeys)                     \
  X(RotateKey)                    \
  X(UpdateKey)                    \
  X(RevokeKey)                    \
  X(ListUsage)                    \
  X(SumUsage)                     \
  X(ListBudgets)                  \
  X(ListAudit)                    \
  X(ReadContent)
