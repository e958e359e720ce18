export type PictureName = 'planter' | 'cup' | 'vase' | 'lamp' | 'bowl' | 'teapot';

export interface Product {
  id: PictureName;
  name: string;
  description: string;
  /** In euro cents. */
  price: number;
  note?: string;
}

export const PRODUCTS: readonly Product[] = [
  {
    id: 'planter',
    name: 'Fern planter',
    description: 'Stoneware, 24 cm, with a saucer and a hole to drain.',
    price: 3800,
    note: 'New',
  },
  {
    id: 'cup',
    name: 'Morning cup',
    description: 'Holds 300 ml and a warm hand. Each glaze runs its own way.',
    price: 1600,
  },
  { id: 'vase', name: 'Reed vase', description: 'Tall and narrow, for three stems at most. Watertight.', price: 4400 },
  {
    id: 'lamp',
    name: 'Dusk lamp',
    description: 'A paper shade on a turned foot. Dims down to a candle.',
    price: 7900,
    note: 'Few left',
  },
  { id: 'bowl', name: 'Market bowl', description: 'For fruit, for bread, for keys. 28 cm across.', price: 2900 },
  {
    id: 'teapot',
    name: 'Rain teapot',
    description: 'Pours without a drop too many. 900 ml, with a sieve.',
    price: 5400,
  },
];
