{{ macros.change_checks() }}
