<?php
// Loads Guzzle from its Debian package, and the classes of the generated client from `$CLIENT/lib`. The build doesn't run Composer.
// Therefore, this file takes the place of `vendor/autoload.php`, which Composer would write.
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function ($class) {
    $file = getenv('CLIENT') . '/lib/' . str_replace(['CloudPartnerPortal\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});
