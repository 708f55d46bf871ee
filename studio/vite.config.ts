import { defineConfig } from "vite";

// Names without hashes: the bundle is checked in, and the server sends it without caching.
export default defineConfig({
  base: "/studio/",
  build: {
    outDir: "../src/quasar/studio/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
    rollupOptions: {
      output: {
        entryFileNames: "studio.js",
        chunkFileNames: "[name].js",
        assetFileNames: "studio[extname]",
      },
    },
  },
});
