import pytest
from pydantic import ValidationError

from stack.settings import StackSettings, env_name, hidden_fields, port_fields


def test_every_setting_is_described() -> None:
    undescribed = [name for name, field in StackSettings.model_fields.items() if not field.description]
    assert undescribed == []


def test_every_port_differs_by_default() -> None:
    ports = [getattr(StackSettings(), name) for name in port_fields()]
    assert len(ports) == len(set(ports)) == 20


@pytest.mark.parametrize("port", [80, 0, 65536])
def test_a_port_out_of_bounds_is_refused(port: int) -> None:
    with pytest.raises(ValidationError, match="kafka_port"):
        StackSettings(kafka_port=port)


def test_one_port_for_two_services_is_refused() -> None:
    with pytest.raises(ValidationError, match="GRIDSEAL_KAFKA_PORT and GRIDSEAL_KAFKA_CONTROLLER_PORT are both 19092"):
        StackSettings(kafka_controller_port=19092)


@pytest.mark.parametrize("password", ["short", "long enough\nbut two lines"])
def test_a_password_that_cannot_be_used_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="12 or more printable characters") as refused:
        StackSettings(database_app_password=password)
    assert password not in str(refused.value)


def test_secrets_do_not_print(settings: StackSettings) -> None:
    for name in hidden_fields():
        assert getattr(settings, name).get_secret_value() not in repr(settings)


@pytest.mark.parametrize("address", ["chat.example/hooks/key", "ftp://chat.example/key", "https:// key", "https://a b"])
def test_a_webhook_that_is_no_address_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(ValidationError, match="begins with http:// or https://") as refused:
        StackSettings(alarm_url=address)
    assert address not in str(refused.value)


def test_env_name() -> None:
    assert env_name("kafka_port") == "GRIDSEAL_KAFKA_PORT"
