// Many models and rules, as a large company has them, for one provider that knows the model `hello`.
const list = (count, make) => Array.from({ length: count }, (_, n) => make(n));

export const manyModels = (provider, count) =>
  Object.fromEntries(
    list(count, (n) => [
      `model-${n}`,
      {
        targets: [`${provider}/hello@${n}`, `${provider}/hello`],
        aliases: [`alias-${n}`],
        display_name: `Model ${n}`,
        description: 'One of many.',
        context_window: 131_072,
        reasoning_levels: ['low', 'medium', 'high'],
        default_reasoning_level: 'medium',
      },
    ]),
  );

export const manyRoutes = (provider, count) =>
  list(count, (n) => ({
    name: `route-${n}`,
    when: { header: { 'x-team': `team-${n}-*` }, model: `model-${n}*` },
    use: [`${provider}/hello@${n}`, `${provider}/hello`],
    reason: `what team ${n} wants`,
  }));

export const manyPrices = (provider, count) =>
  Object.fromEntries(list(count, (n) => [`${provider}/hello@${n}`, { input: 1.25, cached_input: 0.125, output: 10 }]));
