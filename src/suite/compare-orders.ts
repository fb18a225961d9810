import { compareOrders } from '../verdict/order.ts';
import { decisionsOf } from './outcome.ts';
import type { OrderFinding, RunRecord } from './results.ts';
import { settingOf } from './setting.ts';

/** Whether the decision of each any-order lab depends on the order. Pure. */
export const findOrderDependence = (records: RunRecord[]): OrderFinding[] => {
  const orders = records.filter(({ kind }) => kind === 'order');
  const groups = new Set(orders.map(keyOf));
  return [...groups].flatMap((key) => {
    const group = orders.filter((record) => keyOf(record) === key);
    const { lab, stack, kernel } = group[0]!;
    const compared = compareOrders(
      group.map((record) => ({ variant: record.variant, decisions: decisionsOf(record) })),
    );
    return compared ? [{ lab, stack, kernel, ...compared }] : [];
  });
};

const keyOf = (record: RunRecord): string => `${record.lab} on ${settingOf(record)}`;
