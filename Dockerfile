FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements/app.txt requirements/app.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements/app.txt
COPY . .
# Collecting the static files starts the application; what it is told here stays in this step.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" BASE_URL=http://localhost \
    EMAIL_URL=console:// DEFAULT_FROM_EMAIL=nobody@example.com \
    /venv/bin/python manage.py collectstatic --no-input

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin sleutelbos
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
# The only place that is written to: the schedule's note of what it did last.
RUN mkdir -p var && chown sleutelbos var
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "deploy/healthcheck.py"]
# Without an access log: addresses hold the links of mails.
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8", "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
