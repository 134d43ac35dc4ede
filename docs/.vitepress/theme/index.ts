import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import ShopDemo from './ShopDemo.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component('ShopDemo', ShopDemo);
  },
} satisfies Theme;
