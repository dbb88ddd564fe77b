"""What this suite alone adds, beside what the package adds by its entry points."""


def pytest_gradsuite_checks():
    return {"finite_again": "kernels.grad.finite"}


def pytest_gradsuite_specs(config):
    return ["kernels/grad/specs"]
