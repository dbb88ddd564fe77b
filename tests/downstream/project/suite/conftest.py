"""A suite that is no package: all that it adds to gradsuite it adds by hooks, for its own runs."""


def pytest_gradsuite_specs(config):
    return ["kernels/grad/specs"]


def pytest_gradsuite_domains(config):
    return {"angle": "kernels.grad.angle"}


def pytest_gradsuite_layouts(config):
    return {"padded": "kernels.grad.padded"}


def pytest_gradsuite_checks(config):
    return {"finite": "kernels.grad.finite"}


def pytest_gradsuite_devices(config):
    return {"stand_in": "kernels.grad.device"}


def pytest_gradsuite_sections(config):
    return {"kernels": "kernels.grad.section"}
