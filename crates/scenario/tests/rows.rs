//! What a newcomer is told about handshake and close, claim by claim: each is shown by the engine.

mod common;

macro_rules! rows {
    ($($name:ident = $number:literal;)*) => {$(
        #[test]
        fn $name() {
            common::check(false, $number);
        }
    )*};
}

rows! {
    lesson_01 = 1;
    lesson_02 = 2;
    lesson_03 = 3;
    lesson_04 = 4;
    lesson_05 = 5;
    lesson_06 = 6;
    lesson_07 = 7;
    lesson_08 = 8;
    lesson_09 = 9;
    lesson_10 = 10;
    lesson_11 = 11;
    lesson_12 = 12;
    lesson_13 = 13;
    lesson_14 = 14;
    lesson_15 = 15;
    lesson_16 = 16;
    lesson_17 = 17;
    lesson_18 = 18;
    lesson_19 = 19;
    lesson_20 = 20;
    lesson_21 = 21;
    lesson_22 = 22;
    lesson_23 = 23;
    lesson_24 = 24;
    lesson_25 = 25;
    lesson_26 = 26;
    lesson_27 = 27;
    lesson_28 = 28;
    lesson_29 = 29;
    lesson_30 = 30;
    lesson_31 = 31;
    lesson_32 = 32;
    lesson_33 = 33;
    lesson_34 = 34;
    lesson_35 = 35;
    lesson_36 = 36;
    lesson_37 = 37;
    lesson_38 = 38;
    lesson_39 = 39;
    lesson_40 = 40;
    lesson_41 = 41;
    lesson_42 = 42;
    lesson_43 = 43;
    lesson_44 = 44;
    lesson_45 = 45;
    lesson_46 = 46;
    lesson_47 = 47;
    lesson_48 = 48;
    lesson_49 = 49;
    lesson_50 = 50;
    lesson_51 = 51;
    lesson_52 = 52;
    lesson_53 = 53;
    lesson_54 = 54;
    lesson_55 = 55;
    lesson_56 = 56;
    lesson_57 = 57;
    lesson_58 = 58;
    lesson_59 = 59;
    lesson_60 = 60;
    lesson_61 = 61;
    lesson_62 = 62;
}
