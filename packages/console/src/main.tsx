// SPDX-License-Identifier: Apache-2.0
import { Provider as TooltipProvider } from "@radix-ui/react-tooltip";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newQueryClient } from "./api/loaded.ts";
import { router } from "./routes.tsx";

const place = document.getElementById("console");
if (place === null) throw new Error("invariant broken: index.html has no place for the console");

createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={newQueryClient()}>
      <TooltipProvider delayDuration={200}>
        <RouterProvider router={router} />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
