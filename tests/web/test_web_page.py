"""The page at /web in a real browser."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver on PATH")
pytest.importorskip("selenium", reason="needs the selenium package")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    ready, child_end = os.pipe()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "openenv.core.env_server.run", "page_app:app"),
            *("--app-dir", str(Path(__file__).parent), "--port", "0", "--ready-fd", str(child_end)),
        ],
        pass_fds=[child_end],
    )
    os.close(child_end)
    try:
        with os.fdopen(ready) as line:
            yield line.readline().strip()
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        f"user-data-dir={tmp_path_factory.mktemp('browser')}",
    ):
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options, Service(str(DRIVER)))
    yield driver
    driver.quit()


def _wait(browser: Any, condition: str) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 30, poll_frequency=0.05).until(lambda b: b.execute_script(f"return {condition}"))


def test_a_visitor_resets_and_steps(browser: Any, url: str) -> None:
    from selenium.webdriver.common.by import By

    browser.get(f"{url}/web")
    _wait(browser, "document.title.includes('parrot')")
    assert json.loads(browser.find_element(By.ID, "action").get_attribute("value")) == {"message": ""}

    arguments = browser.find_element(By.ID, "reset-arguments")
    arguments.clear()
    arguments.send_keys('{"seed": 5}')
    browser.find_element(By.ID, "reset").click()
    _wait(browser, "document.getElementById('result').textContent.includes('seed 5')")

    action = browser.find_element(By.ID, "action")
    action.clear()
    action.send_keys('{"message": "hello <b>there</b>"}')
    browser.find_element(By.ID, "step").click()
    _wait(browser, "document.getElementById('result').textContent.includes('hello <b>there</b>')")
    _wait(browser, "document.getElementById('state').textContent.includes('\"step_count\": 1')")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#log li")) == 2

    action.clear()
    action.send_keys('{"nonsense": 1}')
    browser.find_element(By.ID, "step").click()
    _wait(browser, "document.getElementById('result').textContent.startsWith('VALIDATION_ERROR')")
    _wait(browser, "!document.getElementById('step').disabled")


def test_a_page_of_another_origin_cannot_play(browser: Any, url: str) -> None:
    browser.get("data:text/html,<title>elsewhere</title>")
    socket_url = url.replace("http", "ws") + "/ws"
    browser.execute_script(
        "const socket = new WebSocket(arguments[0]);"
        "socket.onopen = () => { window.outcome = 'open'; };"
        "socket.onerror = () => { window.outcome = 'refused'; };",
        socket_url,
    )
    assert _wait(browser, "window.outcome") == "refused"
