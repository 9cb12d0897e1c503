--
-- PostgreSQL database dump
--

-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: Deal; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public."Deal" (
    id text NOT NULL,
    ticker text NOT NULL,
    name text
);

ALTER TABLE public."Deal" OWNER TO postgres;

--
-- Name: OptionChainSnapshot; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public."OptionChainSnapshot" (
    id text NOT NULL,
    "dealId" text NOT NULL,
    "snapshotDate" timestamp(3) without time zone NOT NULL,
    "agentId" text,
    "agentTimestamp" timestamp(3) without time zone,
    "spotPrice" numeric(65,30) NOT NULL,
    "dealPrice" numeric(65,30) NOT NULL,
    "chainData" jsonb NOT NULL
);

ALTER TABLE public."OptionChainSnapshot" OWNER TO postgres;

--
-- Data for Name: Deal; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public."Deal" VALUES
	('d1', 'EA', 'It''s;
(Electronic Arts)') ON CONFLICT DO NOTHING;

--
-- Data for Name: OptionChainSnapshot; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public."OptionChainSnapshot" VALUES
	('s0', 'd1', '2026-07-01 15:30:00.123', 'desk 1', '2026-07-01 15:29:58', 206.410000000000000000000000000000, 210.000000000000000000000000000000, '[{"ask": 1.1, "bid": 1.05, "mid": 1.075, "last": 1.07, "delta": 0.61, "right": "C", "expiry": "20261218", "strike": 210, "symbol": "EA", "volume": 12, "ask_size": 12, "bid_size": 10, "implied_vol": 0.1512, "open_interest": 310}, {"ask": 1.1, "bid": -1, "mid": 1.075, "last": null, "delta": 0.61, "right": "PUT", "expiry": "2026-12-18", "strike": 210, "symbol": "EA", "volume": "3", "ask_size": 12, "bid_size": 10, "implied_vol": 0.1512, "open_interest": 310}]'),
	('s1', 'd1', '2026-07-02 15:30:00.123', 'desk 1', '2026-07-02 15:29:58', 206.410000000000000000000000000000, 210.000000000000000000000000000000, '{"contracts": [{"ask": 1.1, "bid": 1.05, "mid": 1.075, "last": 1.07, "delta": 0.61, "right": "C", "expiry": "20261218", "strike": 210, "symbol": "EA", "volume": 12, "ask_size": 12, "bid_size": 10, "implied_vol": 0.1512, "open_interest": 310}, {"ask": 1.1, "bid": -1, "mid": 1.075, "last": null, "delta": 0.61, "right": "PUT", "expiry": "2026-12-18", "strike": 210, "symbol": "EA", "volume": "3", "ask_size": 12, "bid_size": 10, "implied_vol": 0.1512, "open_interest": 310}], "spotPrice": 206.5, "expirations": ["20261218"]}'),
	('s2', 'd1', '2026-07-03 15:30:00.123', NULL, '2026-07-03 15:29:58', 206.410000000000000000000000000000, 212.500000000000000000000000000000, '{"20261218": {"puts": [{"ask": 1.1, "bid": -1, "mid": 1.075, "last": null, "delta": 0.61, "right": "PUT", "expiry": "2026-12-18", "strike": 210, "symbol": "EA", "volume": "3", "ask_size": 12, "bid_size": 10, "implied_vol": 0.1512, "open_interest": 310}], "calls": [{"bid": "1.05", "strike": 210, "symbol": "EA", "volume": 12, "bidSize": 1, "openInterest": 311}]}}') ON CONFLICT DO NOTHING;
INSERT INTO public."OptionChainSnapshot" VALUES
	('s3', 'd1', '2026-07-04 15:30:00.123', 'desk 1', '2026-07-04 15:29:58', 206.410000000000000000000000000000, 212.500000000000000000000000000000, '[{"ask": 1.1, "bid": 1.05, "mid": 1.075, "last": 1.07, "delta": 0.61, "right": "C", "expiry": "20261218", "strike": 210, "symbol": "EA", "volume": 12, "ask_size": 12, "bid_size": 10, "implied_vol": 0.1512, "open_interest": 310}, {"ask": 1.1, "bid": 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, "mid": 1.075, "last": 1.07, "delta": 0.61, "right": "C", "expiry": "20261218", "strike": 215, "symbol": "EA", "volume": 12, "ask_size": 12, "bid_size": 10, "implied_vol": 0.1512, "open_interest": 310}]'),
	('s4', 'd1', '2026-07-05 15:30:00.123', 'desk 1', '2026-07-05 15:29:58', 206.410000000000000000000000000000, 212.500000000000000000000000000000, '{"contracts": []}') ON CONFLICT DO NOTHING;

--
-- Name: Deal Deal_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public."Deal"
    ADD CONSTRAINT "Deal_pkey" PRIMARY KEY (id);

--
-- Name: OptionChainSnapshot OptionChainSnapshot_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public."OptionChainSnapshot"
    ADD CONSTRAINT "OptionChainSnapshot_pkey" PRIMARY KEY (id);

--
-- Name: OptionChainSnapshot OptionChainSnapshot_dealId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public."OptionChainSnapshot"
    ADD CONSTRAINT "OptionChainSnapshot_dealId_fkey" FOREIGN KEY ("dealId") REFERENCES public."Deal"(id);

--
-- PostgreSQL database dump complete
--

