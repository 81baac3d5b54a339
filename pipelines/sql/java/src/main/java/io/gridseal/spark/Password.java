package io.gridseal.spark;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import javax.security.sasl.AuthenticationException;
import org.apache.hive.service.auth.PasswdAuthenticationProvider;

/** The one user who may connect. */
public final class Password implements PasswdAuthenticationProvider {

    private static volatile String user = "";
    private static volatile byte[] password = {};

    /** Says who it is, before the server listens. */
    public static void set(String name, String secret) {
        user = name;
        password = secret.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void Authenticate(String name, String secret) throws AuthenticationException {
        byte[] given = secret == null ? new byte[0] : secret.getBytes(StandardCharsets.UTF_8);
        // In a time that does not tell how much of it is right.
        boolean right = password.length > 0 && MessageDigest.isEqual(password, given);
        if (!right || !user.equals(name)) {
            throw new AuthenticationException("wrong user or password; the password of " + user + " is in .env");
        }
    }
}
